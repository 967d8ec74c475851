// What was kept, in the browser's database or in a session's file, as this page understands it, or null: a file may be a stranger's, and a
// record of another version of the page.

import { answerOf } from "../service/answer.js";
import { figure, name, object, oneOf, optional, picture, text, time, truth, understood, whole } from "../service/types.js";
import { has } from "../text/language.js";
import { ANSWERED, FAILED, SENDING, STOPPED, WAITING } from "./works.js";

const LONG = 100_000;
const STATES = [WAITING, SENDING, ANSWERED, FAILED, STOPPED];
const REASON = /^(error|reason)\./;

// A work's fields, with its id, view and thumb.
export function recordOf(value) {
  return understood(() => {
    const { state, ...kept } = object(value);
    const answer = state === ANSWERED ? answerOf(kept.answer) : null;
    if (state === ANSWERED && !answer) return null;
    const path = name(kept.path, LONG);
    return {
      id: figure(whole(kept.id), 1),
      name: optional(kept.name, (it) => text(it, LONG), path),
      path,
      converted: optional(kept.converted, conversion),
      state: oneOf(state, STATES),
      answer,
      failure: answer ? null : optional(kept.failure, failure),
      time: answer ? time(kept.time) : null,
      verdict: optional(kept.verdict, text, ""),
      judged: optional(kept.judged, time),
      judgedBy: optional(kept.judgedBy, (it) => text(it, LONG), ""),
      digest: optional(kept.digest, (it) => text(it, LONG), null),
      note: optional(kept.note, (it) => text(it, LONG), ""),
      view: optional(kept.view, picture),
      thumb: optional(kept.thumb, picture),
    };
  });
}

// {id, name, created}.
export function sessionOf(value) {
  return understood(() => ({ id: name(object(value).id), ...headOf(value) }));
}

// Of a session without a name and a time that are understood, the works are worth as much.
export function headOf({ name: called, created }) {
  return {
    name: understood(() => text(called, LONG)) ?? "",
    created: understood(() => time(created)) ?? new Date().toISOString(),
  };
}

function conversion(value) {
  const { from, width, height, bytes, sent } = object(value);
  return { from: optional(from, text), width: figure(width), height: figure(height), bytes: figure(bytes), sent: figure(sent) };
}

// A reason that this version of the page has no sentence for is said as any other.
function failure(value) {
  const { status, word, values, detail, known, passing, away } = object(value);
  return {
    status: whole(status),
    word: REASON.test(text(word)) && has(word) ? word : "error.other",
    values: Object.fromEntries(Object.entries(optional(values, object, {})).map(([key, one]) => [key, text(String(one))])),
    detail: optional(detail, (it) => text(it, LONG)),
    known: optional(known, truth, false),
    passing: optional(passing, truth, false),
    away: optional(away, truth, false),
  };
}
