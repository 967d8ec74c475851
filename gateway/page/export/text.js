// Works as plain text, for the clipboard, in the language of the page.

import { confidence, hesitation, typicality, worth } from "../session/certainty.js";
import { genreName, moment, percent, say } from "../text/language.js";
import { verdictName } from "../view/verdict.js";

export function toText(work) {
  const { answer } = work;
  if (!answer) return `${work.path}: ${say("group.waiting")}`;
  return [
    `${work.path}: ${genreName(answer.image_types_prediction)}. ${confidence(answer)}`,
    answer.scores.map(({ genre, confidence: share }) => `${genreName(genre)} ${percent(share)}`).join(", "),
    ...[hesitation(answer), worth(answer), typicality(answer)].filter(Boolean),
    work.verdict && say("text.verdict", { verdict: verdictName(work.verdict) }),
    judged(work),
    work.note && say("text.note", { note: work.note }),
    say("text.model", { name: answer.model.name, version: answer.model.version }),
  ]
    .filter(Boolean)
    .join("\n");
}

// When a verdict was given, and by whom, as far as it is known: null where there is none, or it was given before this was kept.
export function judged(work) {
  if (!work.verdict || !work.judged) return null;
  const date = moment(new Date(work.judged));
  return work.judgedBy ? say("text.judgedBy", { date, name: work.judgedBy }) : say("text.judged", { date });
}
