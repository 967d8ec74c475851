// The named session that is open: what changes in it is written to the browser's database, and read again on the next visit.

import { ownFailure } from "../service/failures.js";
import { remember, remembered } from "../text/memory.js";
import { inSlices } from "./slices.js";
import * as storage from "./storage.js";
import { FAILED, SENDING, STOPPED, WAITING, add, forgetAll, onWork, total } from "./works.js";

const PAUSE_MS = 400;
// More at once would be felt.
const BATCH = 50;
// What a person or the service has said is written at once: a reload must not lose it. The rest is made again where it is lost.
const AT_ONCE = ["answer", "failure", "verdict", "note"];

let open = null;
let ready = false;
let timer = null;
let writes = 0;
let dirty = new Map();
let removed = new Set();
let writing = Promise.resolve();
const listeners = [];

export function current() {
  return open;
}

// listener({restored, kept}): restored is how many pictures were read from the database, kept whether this browser keeps any.
export function onSession(listener) {
  listeners.push(listener);
}

export async function startSession() {
  onWork((work, happened, fields) => {
    if (!ready) return;
    if (happened !== "removed" && !storage.isKept(fields)) return;
    dirty.delete(work.id);
    if (happened === "removed") removed.add(work.id);
    else dirty.set(work.id, work);
    if (happened !== "added" && AT_ONCE.some((key) => key in fields)) soon();
    else timer ??= setTimeout(flush, PAUSE_MS, BATCH);
  });
  addEventListener("pagehide", () => flush(Infinity));
  document.addEventListener("visibilitychange", () => document.hidden && flush(Infinity));
  try {
    const known = await storage.sessions();
    open = known.find((one) => one.id === remembered("session")) ?? known[0] ?? null;
    if (open) await load();
    else await create("");
  } catch {
    // A browser may refuse to keep anything, as in a private window.
    open ??= { id: "", name: "", created: new Date().toISOString() };
    tell({ restored: 0, kept: false });
    ready = false;
  }
}

export async function list() {
  return storage.sessions().catch(() => []);
}

export async function create(name, created = new Date().toISOString()) {
  await flushAll();
  ready = false;
  forgetAll();
  open = { id: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`, name, created };
  await storage.putSession(open);
  remember("session", open.id);
  ready = true;
  tell({ restored: 0, kept: true });
}

export async function change(id) {
  await flushAll();
  open = (await storage.sessions()).find((one) => one.id === id);
  await load();
}

export async function rename(name) {
  open.name = name;
  await storage.putSession(open);
  tell({ restored: 0, kept: true });
}

export async function removeOpen() {
  ready = false;
  clearTimeout(timer);
  timer = null;
  dirty = new Map();
  removed = new Set();
  await writing;
  await storage.removeSession(open.id);
  const [other] = await storage.sessions();
  if (other) await change(other.id);
  else await create("");
}

// Records from a file, each with view and thumb, as a session of its own.
export async function take({ name, created }, records) {
  await create(name, created);
  await inSlices(records, revive);
  await flushAll();
  tell({ restored: total(), kept: true });
}

async function load() {
  const session = open;
  ready = false;
  forgetAll();
  remember("session", open.id);
  for await (const records of storage.read(open.id)) {
    await inSlices(records, (record) => revive({ ...record, viewKept: Boolean(record.view) }));
    // Another was asked for meanwhile.
    if (open !== session) return;
  }
  ready = true;
  tell({ restored: total(), kept: true });
}

// What was under way goes on, from the reduced picture; where there is none yet, the picture has to be added again.
function revive({ session: _, ...record }) {
  const open = [WAITING, SENDING].includes(record.state);
  if (open && !record.view) Object.assign(record, { state: FAILED, failure: ownFailure("reason.lost") });
  else if (open) record.state = WAITING;
  else if (record.state === STOPPED && !record.view) record.failure = ownFailure("reason.lost");
  add(record);
}

async function flushAll() {
  do await flush(BATCH);
  while (ready && (dirty.size || removed.size));
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
  if (!ready || (!dirty.size && !removed.size)) return writing;
  const [works, gone] = [[...dirty.values()].slice(-most), [...removed]];
  for (const work of works) dirty.delete(work.id);
  removed = new Set();
  writes += 1;
  writing = Promise.all([writing, storage.write(open.id, works, gone)])
    .catch(() => tell({ restored: 0, kept: false }))
    .then(() => {
      writes -= 1;
      if (!writes && (dirty.size || removed.size)) timer ??= setTimeout(flush, 0, BATCH);
    });
  return writing;
}

function tell(news) {
  for (const listener of listeners) listener(news);
}
