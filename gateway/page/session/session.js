// The named session that is open: it is read from the browser's database on the next visit, and what another tab has written in it at once.

import { ownFailure } from "../service/failures.js";
import { remember, remembered } from "../text/memory.js";
import { inSlices } from "./slices.js";
import * as storage from "./storage.js";
import { recordOf } from "./stored.js";
import { TAB, onTabs, tellTabs } from "./tabs.js";
import * as works from "./works.js";
import { ANSWERED, FAILED, SENDING, STOPPED, WAITING, add, forgetAll, heard, remove, total, work as byId } from "./works.js";
import { flushAll, isBehind, isDirty, leaveUnwritten, startWriting, unwritten, writeTo, written } from "./writing.js";

let open = null;
let ready = false;
let followed = Promise.resolve();
let news = [];
const listeners = [];

export function current() {
  return open;
}

// listener({restored, kept, unread, behind, caughtUp}): restored is how many pictures were read from the database, kept whether this browser
// keeps them, unread how many records were not understood, behind whether a write failed and is tried again, caughtUp whether it now went.
export function onSession(listener) {
  listeners.push(listener);
}

export async function startSession() {
  startWriting((behind) => tell({ restored: 0, kept: !behind, behind, caughtUp: !behind }));
  onTabs((told) => (followed = followed.then(() => follow(told)).catch(reportError)));
  try {
    const known = await storage.sessions();
    open = known.find((one) => one.id === remembered("session")) ?? known[0] ?? null;
    if (open) await load();
    else await create("");
  } catch {
    // A browser may refuse to keep anything, as in a private window.
    open ??= { id: "", name: "", created: new Date().toISOString() };
    stopWriting();
    tell({ restored: 0, kept: false });
  }
}

export async function list() {
  return storage.sessions().catch(() => []);
}

export async function create(name, created = new Date().toISOString()) {
  await flushAll();
  const made = { id: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`, name, created };
  // Where this fails, the one that is open stays.
  await storage.putSession(made);
  leave();
  open = made;
  remember("session", open.id);
  begin();
  tell({ restored: 0, kept: true });
}

export async function change(id) {
  await flushAll();
  const found = (await storage.sessions()).find((one) => one.id === id);
  if (found) open = found;
  await load();
}

export async function rename(name) {
  open.name = name;
  await storage.putSession(open);
  tell({ restored: 0, kept: true });
}

export async function removeOpen() {
  const { id } = open;
  leave();
  await written();
  await storage.removeSession(id);
  tellTabs({ session: id, deleted: true });
  await openAnother();
}

async function openAnother() {
  const [other] = await storage.sessions();
  if (other) await change(other.id);
  else await create("");
}

function begin() {
  ready = true;
  writeTo(open.id);
}

function stopWriting() {
  ready = false;
  writeTo(null);
}

function leave() {
  stopWriting();
  forgetAll();
  news = [];
}

// What readSession() gives, as a session of its own.
export async function take({ name, created, records, unread }) {
  await create(name, created);
  await inSlices(records, revive);
  await flushAll();
  tell({ restored: total(), kept: !isBehind(), behind: isBehind(), unread });
}

async function load() {
  const session = open;
  leave();
  remember("session", open.id);
  tellTabs({ session: open.id, asks: TAB });
  let unread = 0;
  for await (const stored of storage.read(open.id)) {
    const records = stored.map(recordOf).filter(Boolean);
    unread += stored.length - records.length;
    await inSlices(records, (record) => revive({ ...record, viewKept: Boolean(record.view) }));
    // Another was asked for meanwhile.
    if (open !== session) return;
  }
  begin();
  for (const told of news.splice(0)) await follow(told);
  if (open === session) tell({ restored: total(), kept: true, unread });
}

// What was under way goes on, from the reduced picture; where there is none yet, the picture has to be added again.
function revive(record) {
  const open = [WAITING, SENDING].includes(record.state);
  if (open && !record.view) Object.assign(record, { state: FAILED, failure: ownFailure("reason.lost") });
  else if (open) record.state = WAITING;
  else if (record.state === STOPPED && !record.view) record.failure = ownFailure("reason.lost");
  add(record);
}

async function follow(told) {
  const { session, deleted, asks, to, underWay } = told;
  if (session !== open?.id) return;
  if (!ready) {
    news.push(told);
  } else if (deleted) {
    leave();
    await openAnother();
  } else if (asks !== undefined) {
    tellTabs({ session, to: asks, underWay: works.inState(WAITING, SENDING).map(({ id }) => id) });
  } else if (underWay) {
    if (to === TAB) leaveTo(underWay);
  } else {
    await read(told);
  }
}

// What the other tab sends, and has the files of, comes when it has ended.
function leaveTo(ids) {
  const known = ids.map(byId).filter((one) => one && one.state !== ANSWERED);
  for (const one of known) leaveUnwritten(one.id);
  unwritten(() => known.forEach(remove));
}

async function read({ session, written: ids, removed }) {
  const records = (await storage.readSome(session, ids)).map(recordOf).filter(Boolean);
  if (!ready || session !== open.id) return;
  unwritten(() => {
    for (const id of removed) if (byId(id)) remove(byId(id));
    for (const record of records) takeOver({ ...record, viewKept: Boolean(record.view) });
  });
}

// What was changed here meanwhile is written next.
function takeOver(record) {
  if ([WAITING, SENDING].includes(record.state) || isDirty(record.id)) return;
  const one = byId(record.id);
  if (!one) {
    add(record);
    return;
  }
  one.control?.abort();
  works.change(one, { ...record, view: record.view ?? one.view, thumb: record.thumb ?? one.thumb, control: null, again: null });
}

function tell(told) {
  for (const listener of listeners) heard(listener, told);
}
