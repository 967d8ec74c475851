// Small pictures in the document, a few at a time: to give one an address the browser's own process is waited for, and that may take long.

import { inSlices } from "../session/slices.js";

const addresses = new WeakMap();
let waiting = new Map();
let busy = false;

// An image that shows `blob` soon, or null where there is none.
export function thumb(blob) {
  if (!blob) return null;
  const image = new Image();
  image.alt = "";
  image.decoding = "async";
  waiting.set(image, blob);
  if (!busy) requestAnimationFrame(show);
  busy = true;
  return image;
}

// Of an image that is no longer in the document.
export function letGo(image) {
  waiting.delete(image);
  if (addresses.has(image)) URL.revokeObjectURL(addresses.get(image));
  addresses.delete(image);
}

async function show() {
  while (waiting.size) {
    const some = waiting;
    waiting = new Map();
    await inSlices(some, ([image, blob]) => {
      addresses.set(image, URL.createObjectURL(blob));
      image.src = addresses.get(image);
    });
  }
  busy = false;
}
