// What is sent of a picture: a plain JPEG or PNG as it is; every other picture that this browser can read, and one that is very large,
// reduced to a JPEG. And the reduced copies that the page shows and keeps.

import { ownFailure } from "../service/failures.js";
import { change, onWork } from "../session/works.js";
import { format } from "./format.js";

const PLAIN = { JPEG: /\.jpe?g$/i, PNG: /\.png$/i };
const BY_COMMAND = ["HEIC", "JPEG 2000"];
const BY_NONE = ["JPEG XL", "PDF"];
const LARGEST_BYTES = 4 * 1024 * 1024;
const LARGEST_PIXELS = 24e6;
// One for each core but that of the page, and no more than the memory of large pictures allows.
const WORKERS = Math.min(2, Math.max(1, (navigator.hardwareConcurrency ?? 2) - 1));

const urgent = [];
const later = [];
const idle = [];
const jobs = new Map();
const byWork = new Map();
let started = 0;
let next = 1;

export function startConversion() {
  // Added, or given again after it was lost.
  onWork((work, happened, { file }) => {
    if (happened !== "removed" && file && !work.failure) reduced(work, null, false);
  });
}

// {file, name} to send, or {failure}. `reduce` asks for a reduced one, whatever the picture is.
export async function prepared(work, reduce) {
  if (work.upload) return { file: work.upload, name: renamed(work.name, "JPEG") };
  if (!work.file) return work.view ? { file: work.view, name: renamed(work.name, "JPEG") } : { failure: ownFailure("reason.lost") };
  if (work.file.size === 0) return { failure: ownFailure("error.picture_empty") };
  const { kind, pixels } = await format(work.file).catch(() => ({ kind: "", pixels: null }));
  const plain = kind in PLAIN;
  const asItIs = { file: work.file, name: renamed(work.name, kind) };
  if (plain && !reduce && work.file.size <= LARGEST_BYTES && (pixels ?? 0) <= LARGEST_PIXELS) {
    // Its reduced copy is what goes on after a reload, so it is made before those of pictures that wait.
    if (byWork.has(work)) reduced(work, kind, false, true);
    return asItIs;
  }
  const made = await reduced(work, kind, true);
  if (made.upload) {
    const converted = { from: kind || null, width: made.width, height: made.height, bytes: work.file.size, sent: made.upload.size };
    change(work, { upload: made.upload, converted });
    return { file: made.upload, name: renamed(work.name, "JPEG") };
  }
  if (plain) return asItIs;
  return { failure: unread(kind) };
}

// Of a kind that browsers rarely show, whether the command reads it; of any other the file is to blame, or an old browser.
function unread(kind) {
  if (!kind) return ownFailure("reason.unreadable");
  if (BY_COMMAND.includes(kind)) return ownFailure("reason.kind", { kind });
  return ownFailure(BY_NONE.includes(kind) ? "reason.kindUnread" : "reason.kindDamaged", { kind });
}

// Its own name, with the ending of what it is now.
function renamed(name, kind) {
  if (!(kind in PLAIN) || PLAIN[kind].test(name)) return name;
  return `${name.replace(/\.[^./\\]{1,5}$/, "")}.${kind === "PNG" ? "png" : "jpg"}`;
}

// Reduces once: a job that has not begun is moved to the front by who wants its picture sooner.
async function reduced(work, kind, upload, soon = upload) {
  const job = byWork.get(work) ?? { id: next++, work, begun: false };
  byWork.set(work, job);
  Object.assign(job, { kind, upload });
  job.done ??= new Promise((resolve) => Object.assign(job, { resolve }));
  (soon ? urgent : later).push(job);
  give();
  return job.done;
}

function give() {
  while ((urgent.length || later.length) && (idle.length || started < WORKERS)) {
    const job = urgent.shift() ?? later.shift();
    if (job.begun) continue;
    job.begun = true;
    byWork.delete(job.work);
    // A file is asked for its size only now: the browser looks at the disk for it, and waits.
    if (job.work.gone || job.work.file.size === 0) job.resolve({});
    else run(job, idle.pop() ?? start());
  }
}

function start() {
  started += 1;
  const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  worker.addEventListener("message", ({ data }) => finish(worker, data));
  worker.addEventListener("error", () => {
    // It could not be loaded, or ran out of memory: the picture goes as it is.
    started -= 1;
    const lost = [...jobs.values()].find((job) => job.worker === worker);
    if (lost) settle(lost, { unreadable: true });
    else if (idle.includes(worker)) idle.splice(idle.indexOf(worker), 1);
    worker.terminate();
  });
  return worker;
}

async function run(job, worker) {
  jobs.set(job.id, job);
  job.worker = worker;
  job.kind ??= (await format(job.work.file).catch(() => ({ kind: "" }))).kind;
  worker.postMessage({ id: job.id, blob: job.work.file, kind: job.kind, upload: job.upload });
}

function finish(worker, { id, ...made }) {
  idle.push(worker);
  settle(jobs.get(id), made);
}

function settle(job, made) {
  jobs.delete(job.id);
  if (made.thumb) change(job.work, { thumb: made.thumb, view: made.view, digest: made.digest });
  job.resolve(made);
  give();
}

// The first comes with the page: where the service goes away before a picture is given, its program could not be had any more.
idle.push(start());
