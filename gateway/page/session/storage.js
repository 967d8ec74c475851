// The sessions in this browser's own database (IndexedDB), and nowhere else: each picture's record, and its reduced copies.

import { openDB } from "../library/idb.js";
import { sessionOf } from "./stored.js";

const NAME = "ragam";
// More at once would be felt: each has two pictures.
const BATCH = 50;
const KEPT = ["id", "name", "path", "digest", "converted", "state", "answer", "failure", "time", "verdict", "judged", "judgedBy", "note"];

let opened = null;

function database() {
  opened ??= openDB(NAME, 1, {
    upgrade(db) {
      db.createObjectStore("sessions", { keyPath: "id" });
      db.createObjectStore("works", { keyPath: ["session", "id"] });
      db.createObjectStore("pictures", { keyPath: ["session", "id"] });
    },
  });
  return opened;
}

export async function sessions() {
  return (await (await database()).getAll("sessions")).map(sessionOf).filter(Boolean);
}

export async function putSession(session) {
  await (await database()).put("sessions", session);
}

export function isKept(fields) {
  return [...KEPT, "view"].some((key) => key in fields);
}

// works: those to write; removed: ids. One transaction for all: either all is kept or none.
export async function write(session, works, removed) {
  const transaction = (await database()).transaction(["works", "pictures"], "readwrite");
  const [records, pictures] = [transaction.objectStore("works"), transaction.objectStore("pictures")];
  // Also where a step before fails.
  transaction.done.catch(() => {});
  const steps = [];
  const before = works.map((work) => work.viewKept);
  try {
    for (const id of removed) steps.push(records.delete([session, id]), pictures.delete([session, id]));
    for (const work of works) {
      steps.push(records.put({ session, ...record(work) }));
      if (work.view && !work.viewKept) steps.push(pictures.put({ session, id: work.id, view: work.view, thumb: work.thumb }));
      work.viewKept = Boolean(work.view);
    }
    // Not left to the browser, which would do it in an event of a page that may be gone by then.
    transaction.commit();
    await Promise.all([...steps, transaction.done]);
  } catch (error) {
    works.forEach((work, index) => (work.viewKept = before[index]));
    abort(transaction);
    await Promise.allSettled(steps);
    throw error;
  }
}

function abort(transaction) {
  try {
    transaction.abort();
  } catch {
    // It has ended already.
  }
}

export function record(work) {
  return Object.fromEntries(KEPT.map((key) => [key, work[key]]));
}

// The records of a session in their order, some at a time, each with its view and thumb where they were kept.
export async function* read(session) {
  const db = await database();
  let from = [session];
  for (;;) {
    const range = IDBKeyRange.bound(from, [session, []], true);
    const works = await db.getAll("works", range, BATCH);
    if (!works.length) return;
    const last = [session, works.at(-1).id];
    const pictures = new Map((await db.getAll("pictures", IDBKeyRange.bound(from, last, true))).map((one) => [one.id, one]));
    yield works.map((one) => withPictures(one, pictures.get(one.id)));
    from = last;
  }
}

// Those of the ids that are there.
export async function readSome(session, ids) {
  const db = await database();
  const both = ids.map((id) => Promise.all([db.get("works", [session, id]), db.get("pictures", [session, id])]));
  return (await Promise.all(both)).filter(([one]) => one).map(([one, pictures]) => withPictures(one, pictures));
}

function withPictures(one, pictures) {
  return { ...one, view: pictures?.view ?? null, thumb: pictures?.thumb ?? null };
}

export async function removeSession(session) {
  const transaction = (await database()).transaction(["sessions", "works", "pictures"], "readwrite");
  transaction.objectStore("sessions").delete(session);
  transaction.objectStore("works").delete(of(session));
  transaction.objectStore("pictures").delete(of(session));
  await transaction.done;
}

function of(session) {
  return IDBKeyRange.bound([session], [session, []]);
}
