// A small copy of each picture for the wall, so that many large ones do not fill the memory. Its URL is released when it is taken down.

import { change, onWork } from "./works.js";

const LARGEST_SIDE = 1200;
const AT_ONCE = 2;

const waiting = [];
let running = 0;

export function startThumbnails() {
  onWork((work, happened) => {
    if (happened === "hung") waiting.push(work);
    if (happened === "taken down") release(work);
    while (running < AT_ONCE && waiting.length) next(waiting.shift());
  });
}

async function next(work) {
  running += 1;
  try {
    const url = URL.createObjectURL(await shrink(work.file));
    if (work.gone) URL.revokeObjectURL(url);
    else change(work, { thumbnail: url });
  } catch {
    // No picture that this browser can show: the card says so, and the service may still know it.
  }
  running -= 1;
  if (waiting.length) next(waiting.shift());
}

async function shrink(file) {
  const picture = await createImageBitmap(file);
  const scale = Math.min(1, LARGEST_SIDE / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  // Transparency lies on white, as the model sees it.
  context.fillStyle = "white";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("the canvas gave no picture"))), "image/webp", 0.85);
  });
}

function release(work) {
  if (work.thumbnail) URL.revokeObjectURL(work.thumbnail);
}
