// Where pictures come from: chosen, photographed, dropped (folders too) or pasted. Every one goes on as it is.

import { say } from "./language.js";

const PICTURE = /\.(png|jpe?g)$/i;

export function startIntake(take) {
  const frame = document.getElementById("frame");
  for (const [button, input] of [["choose", "files"], ["photograph", "camera"]]) {
    const picker = document.getElementById(input);
    document.getElementById(button).addEventListener("click", () => picker.click());
    picker.addEventListener("change", () => {
      take([...picker.files]);
      picker.value = "";
    });
  }
  // Where nothing is touched there is rarely a camera, and a browser would only open the same chooser again.
  document.getElementById("photograph").hidden = navigator.maxTouchPoints === 0;
  frame.addEventListener("click", () => document.getElementById("files").click());

  // The whole page is the target: a picture dropped beside the frame would otherwise replace the page.
  let inside = 0;
  const light = (on) => frame.classList.toggle("over", on);
  document.addEventListener("dragenter", (event) => {
    event.preventDefault();
    inside += 1;
    light(true);
  });
  document.addEventListener("dragleave", () => {
    inside -= 1;
    if (inside <= 0) light(false);
  });
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", async (event) => {
    event.preventDefault();
    inside = 0;
    light(false);
    take(await dropped(event.dataTransfer));
  });
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length) take(files.map(named));
  });
}

// Entries must be taken from the event at once: they are gone after the first await.
async function dropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.());
  if (!entries.some((entry) => entry?.isDirectory)) return [...transfer.files];
  const found = await Promise.all(entries.filter(Boolean).map((entry) => walk(entry, false)));
  return found.flat();
}

// Of a folder only the pictures: it may hold anything. A file that was dropped itself is sent, whatever it is.
async function walk(entry, inFolder) {
  if (entry.isFile) return inFolder && !PICTURE.test(entry.name) ? [] : [await new Promise((resolve, reject) => entry.file(resolve, reject))];
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    // A reader hands out a hundred at a time.
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return found;
    for (const child of some) found.push(...(await walk(child, true)));
  }
}

// Every pasted picture is called image.png: the time of day tells them apart. The bytes stay as they are.
function named(file) {
  if (file.name !== "image.png") return file;
  const time = new Date().toTimeString().slice(0, 8).replaceAll(":", ".");
  return new File([file], `${say("intake.pasted")} ${time}.png`, { type: file.type });
}
