// The sessions in this browser's own database (IndexedDB), and nowhere else: each picture's record, and its reduced copies.

import { openDB } from "../library/idb.js";

const NAME = "ragam";
// More at once would be felt: each has two pictures.
const BATCH = 50;
const KEPT = ["id", "name", "path", "converted", "state", "answer", "failure", "time", "verdict", "judged", "judgedBy", "note"];

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
  return (await database()).getAll("sessions");
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
  for (const id of removed) {
    records.delete([session, id]);
    pictures.delete([session, id]);
  }
  for (const work of works) {
    records.put({ session, ...record(work) });
    if (work.view && !work.viewKept) pictures.put({ session, id: work.id, view: work.view, thumb: work.thumb });
    work.viewKept = Boolean(work.view);
  }
  // Not left to the browser, which would do it in an event of a page that may be gone by then.
  transaction.commit();
  try {
    await transaction.done;
  } catch (error) {
    for (const work of works) work.viewKept = false;
    throw error;
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
    yield works.map((one) => ({ ...one, view: pictures.get(one.id)?.view ?? null, thumb: pictures.get(one.id)?.thumb ?? null }));
    from = last;
  }
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
