// Where pictures come from: chosen, photographed, dropped (folders too) or pasted, and by an address; also what early.js kept.

import { onLanguage, say } from "../text/language.js";
import { isLeftBehind, reasonByName } from "./names.js";

// taken([{file, path, other}]): other is a key of the catalogue for what is no picture by its name, else null. What is given waits for
// `spoken`: before it there are no sentences.
export function startIntake(taken, spoken) {
  const take = async (found) => {
    await spoken;
    const kept = found.filter(({ path }) => !isLeftBehind(path));
    notice(kept.length ? null : say("intake.none"));
    if (kept.length) taken(kept.map((one) => ({ ...one, other: reasonByName(one.path) })));
  };
  const frame = document.getElementById("drop");
  const files = (list) => take([...list].map(withPath));
  for (const input of ["files", "folders", "camera"]) {
    const picker = document.getElementById(input);
    const chosen = () => {
      files(picker.files);
      picker.value = "";
    };
    picker.addEventListener("change", chosen);
    if (picker.files.length) chosen();
  }
  // Where nothing is touched there is rarely a camera, and a browser would only open the same chooser again.
  document.getElementById("photograph").hidden = navigator.maxTouchPoints === 0;

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
  document.addEventListener("drop", () => {
    inside = 0;
    light(false);
  });
  const give = async ({ pasted, files: some, entries, text }) => {
    if (text !== null) return byAddress(text);
    if (!pasted) return take(await walked(entries, some));
    await spoken;
    files(some.map(named));
  };
  // What was given before this ran, then each as it comes.
  window.ragamGiven.splice(0).forEach(give);
  window.ragamGiven.push = give;
  onLanguage(() => notice(null));

  async function byAddress(text) {
    if (!text.trim()) return;
    // Rarely needed, so loaded when it is.
    const failed = () => ({ word: "address.failed" });
    const { file, word } = await import("./address.js").then(({ fetched }) => fetched(text.trim()), failed);
    if (file) return files([file]);
    await spoken;
    notice(say(word));
  }
}

function withPath(file) {
  return { file, path: file.webkitRelativePath || file.name };
}

function notice(text) {
  const place = document.getElementById("intake-notice");
  place.hidden = !text;
  place.textContent = text ?? "";
}

async function walked(entries, files) {
  if (!entries.length) return files.map(withPath);
  const found = await Promise.all(entries.map((entry, index) => (entry ? walk(entry) : withPath(files[index]))));
  return found.flat();
}

async function walk(entry) {
  const path = entry.fullPath.replace(/^\//, "");
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    return [{ file, path }];
  }
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    // A reader hands out a hundred at a time.
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return found;
    for (const child of some) found.push(...(await walk(child)));
  }
}

// Every pasted picture is called image.png: the time of day tells them apart.
function named(file) {
  if (file.name !== "image.png") return file;
  const time = new Date().toTimeString().slice(0, 8).replaceAll(":", ".");
  return new File([file], `${say("intake.pasted")} ${time}.png`, { type: file.type });
}
