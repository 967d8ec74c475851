// Writes what changes in the works of the open session to the browser's database: what matters at once, the rest soon, and again what
// could not be written.

import { write, isKept } from "./storage.js";
import { tellTabs } from "./tabs.js";
import { onWork } from "./works.js";

const PAUSE_MS = 400;
// After a write that failed, as where there is no room.
const AGAIN_MS = 5000;
// More at once would be felt.
const BATCH = 50;
// What a person or the service has said is written at once: a reload must not lose it. The rest is made again where it is lost.
const AT_ONCE = ["answer", "failure", "verdict", "note"];

// The id of the session that is written to, or null.
let session = null;
let timer = null;
let writes = 0;
let dirty = new Map();
let removed = new Set();
let writing = Promise.resolve();
let behind = false;
let unheard = false;
let told = () => {};

// onBehind(behind) when something could not be written, and when all of it is.
export function startWriting(onBehind) {
  told = onBehind;
  onWork((work, happened, fields) => {
    if (!session || unheard) return;
    if (happened !== "removed" && !isKept(fields)) return;
    dirty.delete(work.id);
    if (happened === "removed") removed.add(work.id);
    else dirty.set(work.id, work);
    if (happened !== "added" && AT_ONCE.some((key) => key in fields)) soon();
    else timer ??= setTimeout(flush, PAUSE_MS, BATCH);
  });
  addEventListener("pagehide", () => flush(Infinity));
  document.addEventListener("visibilitychange", () => document.hidden && flush(Infinity));
}

export function isBehind() {
  return behind;
}

// Whether a change of this work is not written yet.
export function isDirty(id) {
  return dirty.has(id);
}

// From now on what changes belongs to this session; null: to none.
export function writeTo(id) {
  session = id;
  clearTimeout(timer);
  timer = null;
  dirty = new Map();
  removed = new Set();
  behind = false;
}

// It is another tab's to write.
export function leaveUnwritten(id) {
  dirty.delete(id);
}

// What is written already changes here too.
export function unwritten(action) {
  unheard = true;
  try {
    action();
  } finally {
    unheard = false;
  }
}

// Resolves once nothing is being written.
export function written() {
  return writing;
}

export async function flushAll() {
  do await flush(BATCH);
  while (session && !behind && (dirty.size || removed.size));
}

let asked = false;

// After what is changed together, and one after the other.
function soon() {
  if (asked) return;
  asked = true;
  queueMicrotask(() => {
    asked = false;
    if (!writes) flush(BATCH);
  });
}

// The last that were changed come first: of many pictures that are added, those that have an answer.
function flush(most) {
  clearTimeout(timer);
  timer = null;
  if (!session || (!dirty.size && !removed.size)) return writing;
  const lot = { id: session, works: [...dirty.values()].slice(-most), gone: [...removed] };
  for (const work of lot.works) dirty.delete(work.id);
  removed = new Set();
  writes += 1;
  writing = Promise.all([writing, write(lot.id, lot.works, lot.gone)])
    .then(
      () => wrote(lot),
      () => failed(lot),
    )
    .then((wait) => {
      writes -= 1;
      if (!writes && (dirty.size || removed.size)) timer ??= setTimeout(flush, wait, BATCH);
    });
  return writing;
}

// How long the next write waits.
function wrote({ id, works, gone }) {
  tellTabs({ session: id, written: works.map((work) => work.id), removed: gone });
  if (behind && id === session && !dirty.size && !removed.size) {
    behind = false;
    told(false);
  }
  return 0;
}

// It is written with the next change, or after a while.
function failed({ id, works, gone }) {
  if (id !== session) return 0;
  for (const work of works) if (!work.gone && !dirty.has(work.id)) dirty.set(work.id, work);
  for (const one of gone) removed.add(one);
  if (!behind) told(true);
  behind = true;
  return AGAIN_MS;
}
