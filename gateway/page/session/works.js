// The pictures of the session, in the order added, and what is known of each. Whoever changes one tells all who listen.
//
// A work: id (a number, of which no other tab makes the same), name, path (below a dropped folder, else the name), file (the original, null after a reload), upload (what is sent in its
// place when it was converted, or null), converted (null, or {from, width, height, bytes, sent}), view and thumb (reduced pictures, or
// null), digest (SHA-256 of the file, or null where it is not known), state, sent (0 to 1), tries, again (Date or null: when it is sent again), answer (the data of /prediction?details=true&similar=true), failure (of
// service/failures.js), time (ISO text of the answer), verdict (a genre, "none", "unsure" or ""), judged (ISO text of the verdict, or null),
// judgedBy (a name, or ""), note, heat (null, or what service/heat.js says), control (an AbortController while it is under way) and gone
// (removed).

import { inSlices } from "./slices.js";
import { TAB } from "./tabs.js";

export const WAITING = "waiting";
export const SENDING = "sending";
export const ANSWERED = "answered";
export const FAILED = "failed";
export const STOPPED = "stopped";

const byId = new Map();
const byState = new Map([WAITING, SENDING, ANSWERED, FAILED, STOPPED].map((state) => [state, new Set()]));
const listeners = [];
const frameListeners = [];
// Two tabs may add to one session at once: an id is a number in order and the tab's own.
const TABS = 2 ** 32;
let last = 0;
let changes = 0;

export function all() {
  return [...byId.values()];
}

// Another number after each change: what was reckoned from the works counts as long as it is the same.
export function revision() {
  return changes;
}

export function total() {
  return byId.size;
}

export function work(id) {
  return byId.get(id);
}

export function inState(...states) {
  return states.flatMap((state) => [...byState.get(state)]);
}

export function count(...states) {
  return states.reduce((sum, state) => sum + byState.get(state).size, 0);
}

// listener(work, happened, fields) at once, with happened one of "added", "changed", "removed", and fields those that were changed.
export function onWork(listener) {
  listeners.push(listener);
}

// listener() once for all changes between two frames, and soon for the first time.
export function onWorks(listener) {
  frameListeners.push(listener);
  schedule();
}

export function add(fields) {
  const id = fields.id ?? (Math.floor(last / TABS) + 1) * TABS + TAB;
  last = Math.max(last, id);
  const made = {
    name: "",
    path: fields.name,
    file: null,
    upload: null,
    converted: null,
    view: null,
    thumb: null,
    digest: null,
    state: WAITING,
    sent: 0,
    tries: 0,
    again: null,
    answer: null,
    failure: null,
    time: null,
    verdict: "",
    judged: null,
    judgedBy: "",
    note: "",
    heat: null,
    control: null,
    gone: false,
    ...fields,
    id,
  };
  byId.set(id, made);
  byState.get(made.state).add(made);
  tell(made, "added", made);
  return made;
}

export function change(one, fields) {
  if (one.gone) return;
  if (fields.state && fields.state !== one.state) {
    byState.get(one.state).delete(one);
    byState.get(fields.state).add(one);
  }
  Object.assign(one, fields);
  tell(one, "changed", fields);
}

export function remove(one) {
  byId.delete(one.id);
  byState.get(one.state).delete(one);
  one.gone = true;
  one.control?.abort();
  tell(one, "removed", {});
}

// Takes all from the page, and from nowhere else: another session is opened.
export function forgetAll() {
  for (const one of all()) {
    one.gone = true;
    one.control?.abort();
  }
  byId.clear();
  for (const set of byState.values()) set.clear();
  last = 0;
  changes += 1;
  schedule();
}

function tell(one, happened, fields) {
  changes += 1;
  for (const listener of listeners) heard(listener, one, happened, fields);
  schedule();
}

// A listener that fails stops neither the others nor whoever has the news.
export function heard(listener, ...news) {
  try {
    listener(...news);
  } catch (error) {
    reportError(error);
  }
}

const REST = 3;
let due = false;
let running = false;
let free = 0;

// In the next frame; while changes come on and on, so late that showing them takes a quarter of the time. A hidden page has no frames, and
// has to go on all the same.
function schedule() {
  if (due) return;
  due = true;
  if (running) return;
  const wait = document.hidden ? 200 : free - performance.now();
  if (wait > 0) setTimeout(run, wait);
  else requestAnimationFrame(run);
}

async function run() {
  const began = performance.now();
  due = false;
  running = true;
  await inSlices(frameListeners, (listener) => heard(listener));
  running = false;
  free = performance.now() + REST * (performance.now() - began);
  if (!due) return;
  due = false;
  schedule();
}
