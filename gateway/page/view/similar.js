// The works that a picture is like, the nearest first: artist, title, and how near.

import { percent, say } from "../text/language.js";

export function fillSimilar(list, works) {
  list.replaceChildren(...works.map(entry));
}

function entry({ artist, title, similarity }) {
  const item = document.createElement("li");
  const name = document.createElement("cite");
  name.textContent = title ?? say("similar.untitled");
  const figure = document.createElement("span");
  figure.className = "figure";
  figure.textContent = percent(Math.max(0, similarity));
  item.append(name, ` ${artist ?? say("similar.unknown")} `, figure);
  return item;
}
