// What the printed pages are made of, and the print itself: built for it, taken away afterwards. style/print.css has the pages.

import { groupName } from "../session/selection.js";
import { number, say } from "../text/language.js";

export function element(tag, className = "", text = "") {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

// head: texts; rows: of texts each, the first of which is its header; foot: the last row, or null. same(row, column) marks a cell.
export function table(className, head, rows, foot = null, same = () => false) {
  const made = element("table", className);
  const line = (cells, tag, row) => {
    const tr = element("tr");
    tr.append(...cells.map((text, column) => {
      const cell = element(column ? tag : "th", column ? "figure" : "", text);
      if (same(row, column)) cell.classList.add("same");
      return cell;
    }));
    return tr;
  };
  made.createTHead().append(line(head, "th", -1));
  made.createTBody().append(...rows.map((cells, row) => line(cells, "td", row)));
  if (foot) made.createTFoot().append(line(foot, "td", rows.length));
  return made;
}

// {key, works} as it is called on the screen.
export function groupTitle({ key, works }) {
  return say("group.count", { group: groupName(key), count: number(works.length) });
}

// await build(picture) makes the elements; picture(blob) an image of it.
export async function print(build) {
  const paper = document.getElementById("paper");
  const urls = [];
  const picture = (blob) => {
    const image = new Image();
    image.alt = "";
    if (blob) urls.push((image.src = URL.createObjectURL(blob)));
    return image;
  };
  paper.replaceChildren(...(await build(picture)));
  await Promise.allSettled([...paper.querySelectorAll("img[src]")].map((image) => image.decode()));
  const clear = () => {
    paper.replaceChildren();
    urls.forEach((url) => URL.revokeObjectURL(url));
  };
  addEventListener("afterprint", clear, { once: true });
  window.print();
}
