// The table's rows: what is known of each work, sorted and filtered. What is shown is what is exported.

import { CANCELLED, FAILED } from "./works.js";

// {file, genre, confidence, certain, typicality, expected_accuracy, scores: {genre: confidence}, model, version, time, error}; what is
// unknown is null.
export function row(work) {
  const { answer } = work;
  const stopped = work.state === FAILED || work.state === CANCELLED;
  return {
    file: work.name,
    genre: answer?.image_types_prediction ?? null,
    confidence: answer?.confidence ?? null,
    certain: answer?.certain ?? null,
    typicality: answer?.typicality ?? null,
    expected_accuracy: answer?.expected_accuracy ?? null,
    scores: Object.fromEntries((answer?.scores ?? []).map(({ genre, confidence }) => [genre, confidence])),
    model: answer?.model.name ?? null,
    version: answer?.model.version ?? null,
    time: work.time?.toISOString() ?? null,
    error: stopped ? (work.failure?.detail ?? `${work.state} ${work.failure?.status || ""}`.trim()) : null,
  };
}

// Every genre that has a score in one of the rows, by name.
export function genresOf(rows) {
  return [...new Set(rows.flatMap((one) => Object.keys(one.scores)))].sort();
}

// by: a key of a row, or "scores." and a genre. Rows without that value come last, whichever way.
export function sorted(rows, { by, descending }) {
  const value = (one) => (by.startsWith("scores.") ? one.scores[by.slice(7)] : one[by]) ?? null;
  return [...rows].sort((a, b) => {
    const [left, right] = [value(a), value(b)];
    if (left === null || right === null) return (left === null) - (right === null);
    const order = typeof left === "string" ? left.localeCompare(right, undefined, { numeric: true }) : left - right;
    return descending ? -order : order;
  });
}

// file: a part of its name; genre: "" for all; doubt: only those that are not certain.
export function filtered(rows, { file, genre, doubt }) {
  const part = file.trim().toLowerCase();
  return rows.filter((one) => one.file.toLowerCase().includes(part) && (!genre || one.genre === genre) && (!doubt || one.certain === false));
}
