// One picture in the grid: a button with the small picture, the genre and what a person said of it.

import { confidence, standing } from "../session/certainty.js";
import { ownFolder } from "../session/folders.js";
import { twins } from "../session/twins.js";
import { ANSWERED, SENDING } from "../session/works.js";
import { genreName, percent, say } from "../text/language.js";
import { letGo as letGoImage, thumb } from "./thumbs.js";
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
  return { item, button, image, caption, shown: "", picture: null, thumb: null, box: "" };
}

export function showTile(tile, work) {
  if (tile.thumb !== work.thumb) showThumb(tile, work.thumb);
  const { state, answer, verdict, name } = work;
  const { lang } = document.documentElement;
  const [folder, [twin]] = [ownFolder(work), twins(work)];
  const told = [answer?.confidence, answer?.image_types_prediction, verdict, work.note, name, folder, twin?.path];
  const signature = JSON.stringify([lang, state, ...told]);
  if (signature === tile.shown) return;
  tile.shown = signature;
  tile.button.dataset.id = work.id;
  tile.button.dataset.state = state;
  tile.button.dataset.standing = standing(answer);
  const mark = verdictMark(work) || (work.note ? say("verdict.noted") : "");
  tile.button.classList.toggle("long", Boolean(mark && twin));
  const said = part("mark", mark);
  said.classList.toggle("agrees", Boolean(verdict) && verdict === answer?.image_types_prediction);
  tile.caption.replaceChildren(
    part("genre", answer ? genreName(answer.image_types_prediction) : say(`state.${state}`)),
    part("share", answer ? percent(answer.confidence) : ""),
    part("name", placed(work)),
    said,
    part("twin", twin ? say("tile.twin", { file: placed(twin) }) : ""),
    part("unseen", ` ${label(work)}`),
  );
}

export function letGo(tile) {
  if (tile.picture) letGoImage(tile.picture);
  tile.item.remove();
}

function showThumb(tile, blob) {
  if (tile.picture) letGoImage(tile.picture);
  tile.thumb = blob;
  tile.picture = thumb(blob);
  tile.image.replaceChildren(...(tile.picture ? [tile.picture] : []));
}

// Where it lies and what it is of: set again only where it is another.
export function placeTile(tile, { x, y, width, height }, size, index, current) {
  const box = `${x} ${y} ${width} ${size} ${index} ${current}`;
  if (box === tile.box) return;
  tile.box = box;
  Object.assign(tile.item.style, { transform: `translate(${x}px, ${y}px)`, width: `${width}px`, height: `${height}px` });
  tile.item.setAttribute("aria-setsize", size);
  tile.item.setAttribute("aria-posinset", index + 1);
  tile.button.tabIndex = current ? 0 : -1;
  tile.button.classList.toggle("current", current);
}

function part(className, text) {
  const made = document.createElement("span");
  made.className = className;
  made.textContent = text;
  return made;
}

// The name comes first: where both do not fit, it is the folder that is cut.
function placed(work) {
  const folder = ownFolder(work);
  return folder ? say("tile.inFolder", { file: work.name, folder }) : work.name;
}

function label(work) {
  const { answer, state } = work;
  if (state !== ANSWERED) return say("tile.open", { file: placed(work), state: say(state === SENDING ? "state.sending" : `state.${state}`) });
  const genre = genreName(answer.image_types_prediction);
  const verdict = work.verdict ? say("text.verdict", { verdict: verdictName(work.verdict) }) : say("verdict.open");
  return say("tile.label", { file: placed(work), genre, sure: confidence(answer), verdict });
}
