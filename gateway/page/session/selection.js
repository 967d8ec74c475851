// Which pictures are shown, in which groups and order: what search, filters and sorting leave. What is shown is what is exported.

import { genreName, has, language, say } from "../text/language.js";
import { notPainting } from "./certainty.js";
import { folderOf } from "./folders.js";
import { byName, compared } from "./names.js";
import { twins } from "./twins.js";
import { ANSWERED, FAILED, all, revision } from "./works.js";

// genre: "" for all; only: "" or one of the names below; group: "genre", "certainty", "verdict", "folder" or "none".
export const choice = { search: "", genre: "", only: "", group: "genre", by: "name", descending: false };

const ONLY = {
  certain: (work) => work.answer?.certain === true,
  uncertain: (work) => work.answer?.certain === false && !notPainting(work.answer),
  notPainting: (work) => notPainting(work.answer),
  open: (work) => work.state === ANSWERED && !work.verdict,
  copies: (work) => twins(work).length > 0,
  differs: (work) => Boolean(work.verdict) && work.verdict !== work.answer?.image_types_prediction,
};

const VALUES = {
  added: (work) => work.id,
  genre: (work) => (work.answer ? genreName(work.answer.image_types_prediction) : null),
  confidence: (work) => work.answer?.confidence ?? null,
  certain: (work) => (work.answer?.certain === undefined ? null : Number(work.answer.certain)),
  typicality: (work) => work.answer?.typicality ?? null,
  verdict: (work) => work.verdict || null,
  time: (work) => work.time,
};

// What looks like no painting is of none: it is a group of its own.
export function genreOf(answer) {
  return answer && !notPainting(answer) ? answer.image_types_prediction : null;
}

export function isShown(work) {
  const part = choice.search.trim().toLowerCase();
  return (
    work.state !== FAILED &&
    (!part || work.path.toLowerCase().includes(part) || work.note.toLowerCase().includes(part)) &&
    (!choice.genre || genreOf(work.answer) === choice.genre) &&
    (!choice.only || ONLY[choice.only](work))
  );
}

const collator = new Intl.Collator(undefined, { numeric: true });
const reckoned = new Map();

// What `name` was when nothing was different, for several parts of the page ask for the same after each change.
function once(name, reckon) {
  const state = JSON.stringify([revision(), language(), choice]);
  if (reckoned.get(name)?.state !== state) reckoned.set(name, { state, value: reckon() });
  return reckoned.get(name).value;
}

// Those without the value that is sorted by come last, whichever way.
export function shown() {
  return once("shown", narrowed);
}

function narrowed() {
  if (choice.by === "name") {
    const works = byName().filter(isShown);
    return choice.descending ? works.reverse() : works;
  }
  const works = all().filter(isShown);
  const value = VALUES[choice.by];
  if (choice.by === "added" && !choice.descending) return works;
  return works
    .map((work) => ({ work, value: value(work) }))
    .sort((a, b) => {
      if (a.value === null || b.value === null) return (a.value === null) - (b.value === null) || a.work.id - b.work.id;
      const order = typeof a.value === "string" ? collator.compare(a.value, b.value) : a.value - b.value;
      return (choice.descending ? -order : order) || a.work.id - b.work.id;
    })
    .map(({ work }) => work);
}

// [{key, works}] in the order in which they are shown; key is a genre, a folder behind a "/", or "answered", "certain", "uncertain",
// "notPainting", "open", "agrees", "differs", "none", "unsure" or "waiting".
export function groups() {
  return once("groups", grouped);
}

function grouped() {
  const byKey = new Map();
  for (const work of shown()) {
    const key = groupOf(work);
    if (!byKey.has(key)) byKey.set(key, []);
    byKey.get(key).push(work);
  }
  const keys = [...byKey.keys()].sort((a, b) => place(a) - place(b) || compared([...groupName(a).split("/"), ""], [...groupName(b).split("/"), ""]));
  return keys.map((key) => ({ key, works: byKey.get(key) }));
}

export function groupName(key) {
  if (key.startsWith("/")) return key.slice(1) || say("group.noFolder");
  return has(`group.${key}`) ? say(`group.${key}`) : genreName(key);
}

const LATE = ["certain", "uncertain", "answered", "agrees", "differs", "none", "unsure", "open", "notPainting", "waiting"];

function place(key) {
  return LATE.indexOf(key) + 1;
}

function groupOf(work) {
  if (choice.group === "none") return "answered";
  if (choice.group === "folder") return `/${folderOf(work)}`;
  if (work.state !== ANSWERED) return "waiting";
  if (choice.group === "verdict") return verdictGroup(work);
  if (notPainting(work.answer)) return "notPainting";
  if (choice.group === "genre") return work.answer.image_types_prediction;
  return { true: "certain", false: "uncertain" }[work.answer.certain] ?? "answered";
}

function verdictGroup(work) {
  if (!work.verdict) return "open";
  if (work.verdict === work.answer.image_types_prediction) return "agrees";
  return ["none", "unsure"].includes(work.verdict) ? work.verdict : "differs";
}
