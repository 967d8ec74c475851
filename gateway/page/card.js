// One picture on the wall and the label beside it, as the work is now.

import { fillBars } from "./bars.js";
import { doubt, worth } from "./doubt.js";
import { hottest, toggleHeat } from "./heat.js";
import { percent, say, translate } from "./language.js";
import { paintHeat } from "./paint.js";
import { cancel, retry } from "./queue.js";
import { fillSimilar } from "./similar.js";
import { ANSWERED, CANCELLED, FAILED, SENDING, WAITING, takeDown } from "./works.js";

const TITLES = { [WAITING]: "card.waiting", [SENDING]: "card.sending", [FAILED]: "card.failed", [CANCELLED]: "card.cancelled" };

export function makeCard(work) {
  const card = document.getElementById("card").content.firstElementChild.cloneNode(true);
  const part = (selector) => card.querySelector(selector);
  part("h3").id = `title-${work.id}`;
  part(".file").id = `file-${work.id}`;
  part("article").setAttribute("aria-labelledby", `title-${work.id} file-${work.id}`);
  for (const button of card.querySelectorAll("button")) button.setAttribute("aria-describedby", `file-${work.id}`);
  part(".explain").addEventListener("click", () => toggleHeat(work));
  part(".cancel").addEventListener("click", () => cancel(work));
  part(".retry").addEventListener("click", () => retry(work));
  part(".remove").addEventListener("click", () => takeDown(work));
  return card;
}

export function showCard(card, work) {
  translate(card);
  const part = (selector) => card.querySelector(selector);
  card.dataset.state = work.state;
  showLabel(part, work);
  showBars(part, work);
  showSimilar(part, work);
  showPicture(part, work);
  showHeat(part, work);
  const under = work.state === WAITING || work.state === SENDING;
  show(part(".cancel"), under);
  show(part(".retry"), work.state === FAILED || work.state === CANCELLED);
  show(part(".remove"), !under);
}

function showLabel(part, work) {
  const { answer } = work;
  part("h3").textContent = answer ? answer.image_types_prediction : say(TITLES[work.state]);
  part("h3").lang = answer ? "en" : "";
  if (!answer) part("h3").removeAttribute("lang");
  write(part(".share"), answer && say("card.share", { share: percent(answer.confidence) }));
  write(part(".doubt"), answer && doubt(answer));
  write(part(".worth"), answer && worth(answer));
  write(part(".state"), stateOf(work));
  write(part(".failure"), work.failure && !answer && say(work.failure.word));
  write(part(".detail"), work.failure?.detail && !answer && work.failure.detail);
  part(".file").textContent = work.name;
}

function showBars(part, work) {
  show(part(".bars"), work.state === ANSWERED);
  if (work.answer) fillBars(part(".bars"), work.answer.scores);
  const progress = part("progress");
  show(progress, work.state === SENDING);
  progress.setAttribute("aria-label", say("card.progress", { file: work.name }));
  if (work.sent < 1) progress.value = work.sent;
  else progress.removeAttribute("value");
}

function showSimilar(part, { answer }) {
  show(part(".similar"), Boolean(answer?.similar));
  if (answer?.similar) fillSimilar(part(".similar ol"), answer.similar);
}

function stateOf(work) {
  if (work.state === SENDING) return work.sent < 1 ? say("card.sent", { share: percent(work.sent) }) : say("card.looking");
  if (work.state === WAITING && work.again) return say("card.again", { seconds: Math.max(1, Math.ceil((work.again - Date.now()) / 1000)) });
  return work.state === WAITING ? say("card.queued") : null;
}

function showPicture(part, work) {
  show(part(".hung"), Boolean(work.thumbnail));
  show(part(".blank"), !work.thumbnail);
  const picture = part("img");
  picture.alt = say("card.alt", { file: work.name });
  if (work.thumbnail && picture.getAttribute("src") !== work.thumbnail) picture.src = work.thumbnail;
}

function showHeat(part, work) {
  const { heat } = work;
  const button = part(".explain");
  show(button, work.state === ANSWERED && Boolean(work.thumbnail));
  button.setAttribute("aria-pressed", String(heat?.state === "shown"));
  button.setAttribute("aria-busy", String(heat?.state === "asked"));
  const canvas = part("canvas");
  const shown = heat?.state === "shown" && Boolean(work.thumbnail);
  show(canvas, shown);
  write(part(".heat-note"), noteOf(work));
  if (!shown) return;
  canvas.setAttribute("aria-label", say("heat.alt", { file: work.name }));
  const { naturalWidth, naturalHeight } = part("img");
  paintHeat(canvas, heat.map, naturalWidth, naturalHeight);
}

function noteOf({ heat, answer }) {
  if (heat?.state === "asked") return say("heat.asked");
  if (heat?.state === "shown") return say("heat.note", { genre: answer.image_types_prediction, place: say(hottest(heat.map)) });
  if (heat?.state === "failed") return [say(heat.failure.word), heat.failure.detail].filter(Boolean).join(" ");
  return null;
}

function show(element, on) {
  element.hidden = !on;
}

function write(element, text) {
  element.hidden = !text;
  element.textContent = text || "";
}
