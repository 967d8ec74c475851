// A session as a file, to be kept or handed on: JSON Lines, the first of the session, each other of one picture with its reduced copies.

import { all } from "./works.js";
import { record } from "./storage.js";
import { headOf, recordOf } from "./stored.js";

const FORMAT = "ragam-session";
const VERSION = 1;
// A record with its two reduced copies has a hundredth of it. What is no session may have no end of a line at all.
const MOST_LINE = 64 * 1024 ** 2;

export async function sessionFile(session) {
  const lines = [`${JSON.stringify({ format: FORMAT, version: VERSION, name: session.name, created: session.created })}\n`];
  for (const work of all()) {
    const pictures = { view: work.view && (await text(work.view)), thumb: work.thumb && (await text(work.thumb)) };
    lines.push(`${JSON.stringify({ ...record(work), ...pictures })}\n`);
  }
  return new Blob(lines, { type: "application/jsonl" });
}

// {name, created, records, unread}: unread is how many records were not understood. Rejects where the file is no session of this page.
export async function readSession(file) {
  const records = [];
  let head = null;
  let unread = 0;
  for await (const line of lines(file)) {
    if (!head) {
      head = JSON.parse(line);
      if (head?.format !== FORMAT || head.version !== VERSION) throw new TypeError(FORMAT);
      continue;
    }
    const one = readRecord(line, records.length + 1);
    if (one) records.push(one);
    else unread += 1;
  }
  if (!head || (unread && !records.length)) throw new TypeError(FORMAT);
  return { ...headOf(head), records, unread };
}

function readRecord(line, id) {
  try {
    const value = JSON.parse(line);
    return recordOf({ ...value, id, view: blob(value.view), thumb: blob(value.thumb) });
  } catch {
    // No JSON, or no Base64.
    return null;
  }
}

async function* lines(file) {
  const reader = file.stream().pipeThrough(new TextDecoderStream()).getReader();
  // A line is joined once all of it is there: its pieces are searched once, however many there are.
  let pieces = [];
  let length = 0;
  for (;;) {
    const { value, done } = await reader.read();
    const [rest, ...begun] = done ? ["", ""] : value.split("\n");
    pieces.push(rest);
    length += rest.length;
    if (length > MOST_LINE) throw new TypeError(FORMAT);
    for (const next of begun) {
      const line = pieces.join("");
      pieces = [next];
      length = next.length;
      if (line.trim()) yield line;
    }
    if (done) return;
  }
}

function text(picture) {
  return new Promise((resolve) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(reader.result.split(",")[1]));
    reader.readAsDataURL(picture);
  });
}

function blob(base64) {
  if (!base64) return null;
  return new Blob([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))], { type: "image/jpeg" });
}
