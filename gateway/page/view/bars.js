// The confidence of every genre as a list of bars, best first. The figures are text; the bars only repeat them.

import { genreName, percent } from "../text/language.js";

export function fillBars(list, scores) {
  list.replaceChildren(...scores.map(bar));
}

function bar({ genre, confidence }) {
  const item = document.createElement("li");
  const name = document.createElement("span");
  name.className = "name";
  name.textContent = genreName(genre);
  const track = document.createElement("span");
  track.className = "track";
  track.setAttribute("aria-hidden", "true");
  track.style.setProperty("--share", confidence);
  const figure = document.createElement("span");
  figure.className = "figure";
  figure.textContent = percent(confidence);
  item.append(name, " ", track, " ", figure);
  return item;
}
