// Hands a text or a file to the browser to be saved.

import { inSlices } from "../session/slices.js";

const PIECES = 500;

// A Blob of pieces of text: of Blobs, for what is made of one long text at once is copied at once.
export async function gathered(pieces, type) {
  const blobs = [];
  let some = [];
  await inSlices(pieces, (piece) => {
    some.push(piece);
    if (some.length < PIECES) return;
    blobs.push(new Blob(some));
    some = [];
  });
  return new Blob([...blobs, ...some], { type });
}

export function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The download has its own hold on the bytes once it has begun.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
