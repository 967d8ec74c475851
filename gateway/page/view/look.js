// One picture large, with all that is known of it. Arrow keys and swipes go through what is shown; the verdicts' keys set what is right.

import { askForHeat } from "../service/heat.js";
import { pump, retry, stop } from "../service/queue.js";
import { groups, shown } from "../session/selection.js";
import { note } from "../session/verdicts.js";
import { SENDING, WAITING, onWorks, remove, work as byId } from "../session/works.js";
import { number, onLanguage, say } from "../text/language.js";
import { remember, remembered } from "../text/memory.js";
import { toText } from "../export/text.js";
import { announce } from "./announce.js";
import { showLabel } from "./label.js";
import { paintLegend } from "./heatmap.js";
import { showLayer } from "./layer.js";
import { startSwipes } from "./swipes.js";
import { verdictKey, verdictMark } from "./verdict.js";

const element = (id) => document.getElementById(id);

let order = [];
let at = 0;
let url = null;
let picture = null;
let mapOn = false;
let closed = () => {};

// closed(id): the look was left with this picture.
export function startLook(onClosed) {
  closed = onClosed;
  const dialog = element("look");
  element("look-on").checked = remembered("goOn") !== "no";
  element("look-on").addEventListener("change", (event) => remember("goOn", event.target.checked ? "yes" : "no"));
  element("look-previous").addEventListener("click", () => go(-1));
  element("look-next").addEventListener("click", () => go(1));
  element("look-close").addEventListener("click", () => dialog.close());
  element("look-map").addEventListener("click", toggleMap);
  element("look-opacity").addEventListener("input", show);
  element("look-note").addEventListener("change", (event) => note(now(), event.target.value));
  element("look-retry").addEventListener("click", () => {
    retry(now());
    pump();
  });
  element("look-stop").addEventListener("click", () => {
    stop(now());
    pump();
  });
  element("look-remove").addEventListener("click", take);
  element("look-copy").addEventListener("click", async () => {
    await navigator.clipboard.writeText(toText(now()));
    announce(say("look.copied"));
  });
  dialog.addEventListener("close", leave);
  dialog.addEventListener("keydown", keyed);
  startSwipes(element("look-stage"), element("look-swipe"), go);
  paintLegend(element("look-legend"));
  onWorks(() => dialog.open && show());
  onLanguage(() => dialog.open && show());
}

// As they lie in the grid, group by group, or in the table. The order stays as it was when the look was opened: a verdict must not move the
// next picture elsewhere.
export function openLook(id) {
  const seen = element("grid").hidden ? shown() : groups().flatMap((group) => group.works);
  order = seen.map((work) => work.id);
  if (!order.includes(id)) order = [id];
  at = order.indexOf(id);
  mapOn = false;
  if (!element("look").open) element("look").showModal();
  show();
  element("look-title").focus();
}

function now() {
  return byId(order[at]);
}

function go(step) {
  keepNote();
  const to = at + step;
  if (to < 0 || to >= order.length) return;
  at = to;
  if (!now()) {
    order.splice(at, 1);
    at = Math.max(0, Math.min(at, order.length - 1));
  }
  show();
  if (mapOn) askForHeat(now());
  announce(`${now().name}: ${element("look-title").textContent}`);
}

function show() {
  const work = now();
  if (!work) {
    element("look").close();
    return;
  }
  const blob = work.view ?? (work.file && !work.converted ? work.file : null);
  if (picture !== blob) {
    if (url) URL.revokeObjectURL(url);
    picture = blob;
    url = blob && URL.createObjectURL(blob);
    element("look-picture").toggleAttribute("src", false);
    if (url) element("look-picture").src = url;
  }
  element("look-picture").alt = say("look.alt", { file: work.name });
  element("look-picture").hidden = !url;
  element("look-blank").hidden = Boolean(url);
  element("look-place").textContent = say("look.place", { at: number(at + 1), total: number(order.length) });
  element("look-previous").disabled = at === 0;
  element("look-next").disabled = at === order.length - 1;
  const under = [WAITING, SENDING].includes(work.state);
  element("look-stop").hidden = !under;
  element("look-retry").hidden = under || Boolean(work.answer);
  element("look-remove").hidden = under;
  element("look-copy").hidden = !work.answer;
  showLabel(work, judged);
  showLayer(work, mapOn && Boolean(url), element("look-opacity").value / 100);
  element("look-map").hidden = !work.answer || !url;
  element("look-map").setAttribute("aria-pressed", String(mapOn));
}

function toggleMap() {
  mapOn = !mapOn;
  if (mapOn) askForHeat(now());
  show();
}

function judged() {
  announce(verdictMark(now()) || say("verdict.open"));
  if (element("look-on").checked && now().verdict) go(1);
  else show();
}

function keyed(event) {
  if (event.target.matches("input[type=range], select")) return;
  const writing = event.target.matches("input[type=text], textarea");
  if (writing) return;
  if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
    event.preventDefault();
    go(event.key === "ArrowLeft" ? -1 : 1);
  } else if (event.key.toLowerCase() === "m" && !event.ctrlKey && !event.metaKey && !element("look-map").hidden) {
    toggleMap();
  } else {
    const done = verdictKey(event, now());
    if (!done) return;
    event.preventDefault();
    if (done.did === "undo") back(done.works);
    else judged();
  }
}

// After an undo the picture that it is about is looked at.
function back(works) {
  const to = order.indexOf(works?.[0]?.id);
  if (to >= 0) at = to;
  show();
}

function take() {
  const work = now();
  order.splice(at, 1);
  at = Math.max(0, Math.min(at, order.length - 1));
  remove(work);
  if (order.length) show();
  else element("look").close();
}

function keepNote() {
  const work = now();
  if (work) note(work, element("look-note").value);
}

function leave() {
  keepNote();
  if (url) URL.revokeObjectURL(url);
  url = null;
  picture = null;
  closed(order[at]);
}
