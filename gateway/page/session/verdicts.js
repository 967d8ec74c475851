// What a person says of the answers: the right genre, none of these, or unsure, and a note. Each step can be undone.

import { reviewer } from "./reviewer.js";
import { ANSWERED, all, change, work as byId } from "./works.js";

export const NONE = "none";
export const UNSURE = "unsure";

let steps = [];

// One step, however many works it is about.
export function judge(works, verdictOf) {
  const before = works.map(said);
  const judged = new Date().toISOString();
  for (const work of works) {
    const verdict = typeof verdictOf === "string" ? verdictOf : verdictOf(work);
    change(work, { verdict, judged: verdict ? judged : null, judgedBy: verdict ? reviewer() : "" });
  }
  steps.push(before);
}

export function agree(works) {
  judge(works, (work) => work.answer?.image_types_prediction ?? work.verdict);
}

export function note(work, text) {
  if (text === work.note) return;
  steps.push([said(work)]);
  change(work, { note: text });
}

function said({ id, verdict, judged, judgedBy, note: text }) {
  return { id, verdict, judged, judgedBy, note: text };
}

export function canUndo() {
  return steps.length > 0;
}

export function forgetSteps() {
  steps = [];
}

// Returns the works as they are again, or null where there is nothing to undo.
export function undo() {
  const step = steps.pop();
  if (!step) return null;
  const works = [];
  for (const { id, ...fields } of step) {
    const one = byId(id);
    if (!one) continue;
    change(one, fields);
    works.push(one);
  }
  return works;
}

// The verdict of a key: 1 to 9 the genres in the service's order, Y agrees, N none of these, U unsure; null for any other key.
export function verdictOfKey(key, genres, work) {
  const letter = key.toLowerCase();
  if (letter === "y") return work.answer?.image_types_prediction ?? null;
  if (letter === "n") return NONE;
  if (letter === "u") return UNSURE;
  return /^[1-9]$/.test(key) ? (genres[Number(key) - 1] ?? null) : null;
}

// {judged, agreed, unsure, rows, columns, cells}: the verdicts on `works` that name a genre or none, against the model's genres. Cells by
// `verdict|genre`; unsure is how many verdicts are, and stand in none of the other figures.
export function agreement(works = all()) {
  const given = works.filter((work) => work.state === ANSWERED && work.verdict);
  const judged = given.filter((work) => work.verdict !== UNSURE);
  const cells = {};
  for (const work of judged) {
    const key = `${work.verdict}|${work.answer.image_types_prediction}`;
    cells[key] = (cells[key] ?? 0) + 1;
  }
  const names = (of) => [...new Set(judged.map(of))].sort();
  const columns = names((work) => work.answer.image_types_prediction);
  const verdicts = names((work) => work.verdict);
  const rows = [...verdicts.filter((one) => one !== NONE), ...verdicts.filter((one) => one === NONE)];
  const agreed = judged.filter((work) => work.verdict === work.answer.image_types_prediction).length;
  return { judged: judged.length, agreed, unsure: given.length - judged.length, rows, columns, cells };
}
