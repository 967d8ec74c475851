// Why a picture has no answer: the sentence that says so, and whether another try may end otherwise.

import { has } from "../text/language.js";

// The service's `status.error` words for what may pass; an answer without a word is judged by its status.
const PASSING = new Set([
  "request_cut_short",
  "key_unknown",
  "request_too_slow",
  "rate_limited",
  "internal",
  "overloaded",
  "client_gone",
  "stopping",
  "model_unavailable",
  "model_busy",
  "model_timeout",
]);
const PASSING_STATUS = new Set([0, 401, 408, 429, 500, 502, 503, 504]);
const AWAY_STATUS = new Set([502, 503, 504]);

// Too large or too costly as it is: reduced by this browser it may be answered.
const REDUCIBLE = new Set(["picture_too_large", "picture_too_costly", "request_too_large", "segments_too_many", "extension_unsupported"]);

// {status, word, detail, known, passing, away}: word is a key of the catalogue, detail the service's own sentence where there is one, known
// whether the catalogue has a sentence of just that reason.
export function failure({ status, error, detail }) {
  const passing = error ? PASSING.has(error) : PASSING_STATUS.has(status);
  return { status, word: wordOf(status, error), detail, known: has(`error.${error}`), passing, away: isAway({ status, error }) };
}

// Nothing came from the service itself: no connection, or a proxy that speaks for it.
export function isAway({ status, error }) {
  return status === 0 || (!error && AWAY_STATUS.has(status));
}

// What this browser found before anything was sent.
export function ownFailure(word, values = {}) {
  return { status: 0, word, values, detail: null, passing: false, away: false };
}

// The page was left before it had read the picture: only the person has it.
export function isLost(work) {
  return work.failure?.word === "reason.lost";
}

export function mayReduce(answer) {
  return REDUCIBLE.has(answer.error) || answer.status === 413;
}

function wordOf(status, error) {
  if (error && has(`error.${error}`)) return `error.${error}`;
  if (status === 0) return "error.network";
  if (status === 401) return "error.key_unknown";
  if (status === 413) return "error.picture_too_large";
  if (status === 429) return "error.rate_limited";
  if (status === 502 || status === 503) return "error.model_unavailable";
  if (status === 504) return "error.model_timeout";
  return status >= 500 ? "error.internal" : "error.other";
}
