// What is known of a work, as it is exported: the service's own names and figures, and the person's verdict. What is unknown is null.

import { say } from "../text/language.js";
import { FAILED, STOPPED } from "./works.js";

export function row(work) {
  const { answer } = work;
  const stopped = work.state === FAILED || work.state === STOPPED;
  return {
    id: work.id,
    file: work.path,
    genre: answer?.image_types_prediction ?? null,
    confidence: answer?.confidence ?? null,
    certain: answer?.certain ?? null,
    typicality: answer?.typicality ?? null,
    verdict: work.verdict,
    remark: work.note,
    model_version: answer?.model.version ?? null,
    model: answer?.model.name ?? null,
    expected_accuracy: answer?.expected_accuracy ?? null,
    scores: byGenre(answer?.scores ?? []),
    converted_from: work.converted?.from ?? null,
    time: work.time,
    // Sessions that were saved before have neither.
    judged_at: work.judged ?? null,
    judged_by: work.judgedBy || null,
    error: stopped ? (work.failure?.word.replace(/^\w+\./, "") ?? work.state) : null,
    reason: stopped && work.failure ? sentence(work.failure) : null,
  };
}

// As the page tells it: in the service's words, which are English, only where the page has none.
function sentence({ word, values, detail, known }) {
  return detail && known === false ? detail : say(word, values);
}

// Without a prototype: a genre may be called as something that every object has.
function byGenre(scores) {
  return Object.assign(Object.create(null), Object.fromEntries(scores.map(({ genre, confidence }) => [genre, confidence])));
}

// Every genre that has a score in one of the rows, by name.
export function genresOf(rows) {
  return [...new Set(rows.flatMap((one) => Object.keys(one.scores)))].sort();
}
