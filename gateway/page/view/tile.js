// One picture in the grid: a button with the small picture, the genre and what a person said of it.

import { confidence, standing } from "../session/certainty.js";
import { ANSWERED, SENDING } from "../session/works.js";
import { genreName, percent, say } from "../text/language.js";
import { verdictMark, verdictName } from "./verdict.js";

export function makeTile() {
  const item = document.createElement("li");
  item.className = "cell";
  const button = document.createElement("button");
  button.type = "button";
  button.className = "tile";
  const image = document.createElement("span");
  image.className = "image";
  const caption = document.createElement("span");
  caption.className = "caption";
  button.append(image, caption);
  item.append(button);
  return { item, button, image, caption, shown: "", url: null, thumb: null };
}

export function showTile(tile, work) {
  if (tile.thumb !== work.thumb) showThumb(tile, work.thumb);
  const { state, answer, verdict, name } = work;
  const { lang } = document.documentElement;
  const signature = JSON.stringify([lang, state, answer?.confidence, answer?.image_types_prediction, verdict, work.note, name]);
  if (signature === tile.shown) return;
  tile.shown = signature;
  tile.button.dataset.id = work.id;
  tile.button.dataset.state = state;
  tile.button.dataset.standing = standing(answer);
  const mark = verdictMark(work);
  const said = part("mark", mark || (work.note ? say("verdict.noted") : ""));
  said.classList.toggle("agrees", Boolean(verdict) && verdict === answer?.image_types_prediction);
  tile.caption.replaceChildren(
    part("genre", answer ? genreName(answer.image_types_prediction) : say(`state.${state}`)),
    part("share", answer ? percent(answer.confidence) : ""),
    part("name", name),
    said,
    part("unseen", ` ${label(work)}`),
  );
}

export function letGo(tile) {
  if (tile.url) URL.revokeObjectURL(tile.url);
  tile.item.remove();
}

function showThumb(tile, thumb) {
  if (tile.url) URL.revokeObjectURL(tile.url);
  tile.thumb = thumb;
  tile.url = thumb && URL.createObjectURL(thumb);
  const image = new Image();
  image.alt = "";
  image.decoding = "async";
  if (tile.url) image.src = tile.url;
  tile.image.replaceChildren(...(tile.url ? [image] : []));
}

function part(className, text) {
  const made = document.createElement("span");
  made.className = className;
  made.textContent = text;
  return made;
}

function label(work) {
  const { answer, state } = work;
  if (state !== ANSWERED) return say("tile.open", { file: work.name, state: say(state === SENDING ? "state.sending" : `state.${state}`) });
  const genre = genreName(answer.image_types_prediction);
  const verdict = work.verdict ? say("text.verdict", { verdict: verdictName(work.verdict) }) : say("verdict.open");
  return say("tile.label", { file: work.name, genre, sure: confidence(answer), verdict });
}
