// What an answer is worth, by what the version of the model tells: it may leave out typicality, certain and expected_accuracy.

import { genreName, number, percent, say, together } from "../text/language.js";

// A picture of a lower typicality may be no painting: TYPICAL_FROM of gateway/contract.py.
const TYPICAL_FROM = 0.05;

export function notPainting(answer) {
  return answer?.typicality < TYPICAL_FROM;
}

// "certain", "uncertain", "notPainting", or "" where the version does not tell.
export function standing(answer) {
  if (!answer) return "";
  if (notPainting(answer)) return "notPainting";
  return answer.certain === undefined ? "" : answer.certain ? "certain" : "uncertain";
}

// "Certain, 87% confidence."
export function confidence(answer) {
  const share = percent(answer.confidence);
  const word = standing(answer);
  return word ? say(`sure.${word}`, { share }) : say("sure.untold", { share });
}

// Between which genres it hesitates, or null.
export function hesitation(answer) {
  if (answer.certain !== false || notPainting(answer) || answer.scores.length < 2) return null;
  return say("look.between", { genres: together(between(answer).map(genreName)) });
}

// How often such answers were right, which says nothing where there may be no painting.
export function worth(answer) {
  const { expected_accuracy: share } = answer;
  return share === undefined || notPainting(answer) ? null : say("look.worth", { right: Math.round(100 * share) });
}

export function typicality(answer) {
  if (answer.typicality === undefined) return null;
  return say(notPainting(answer) ? "look.notPainting" : "look.typicality", { share: number(Math.round(100 * answer.typicality)) });
}

// Those that have at least half of the best one's confidence, from two up to three.
function between(answer) {
  const [best, second, ...others] = answer.scores;
  const near = others.slice(0, 1).filter((score) => score.confidence >= best.confidence / 2);
  return [best, second, ...near].map((score) => score.genre);
}
