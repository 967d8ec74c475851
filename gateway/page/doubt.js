// What an answer is worth, by what the version of the model tells: it may leave out typicality, certain and expected_accuracy.

import { say, together } from "./language.js";

// A picture of a lower typicality may be no painting: TYPICAL_FROM of gateway/contract.py.
const TYPICAL_FROM = 0.05;

// One sentence on what speaks against it, or null.
export function doubt(answer) {
  if (answer.typicality < TYPICAL_FROM) return say("card.noPainting");
  return answer.certain === false ? say("card.between", { genres: together(between(answer)) }) : null;
}

// How often such answers were right, which says nothing where there may be no painting.
export function worth(answer) {
  const { typicality, expected_accuracy: share } = answer;
  return share === undefined || typicality < TYPICAL_FROM ? null : say("card.worth", { right: Math.round(100 * share) });
}

// Those that have at least half of the best one's confidence, from two up to three.
function between(answer) {
  const [best, second, ...others] = answer.scores;
  const near = others.slice(0, 1).filter((score) => score.confidence >= best.confidence / 2);
  return [best, second, ...near].map((score) => score.genre);
}
