// What speaks against an answer, of what the version of the model tells: it may leave out typicality and certain.

import { say, together } from "./language.js";

// A picture of a lower typicality may be no painting: TYPICAL_FROM of gateway/contract.py.
const TYPICAL_FROM = 0.05;

// One sentence, or null.
export function doubt(answer) {
  if (answer.typicality < TYPICAL_FROM) return say("card.noPainting");
  return answer.certain === false ? say("card.between", { genres: together(between(answer)) }) : null;
}

// Those that have at least half of the best one's confidence, from two up to three.
function between(answer) {
  const [best, second, ...others] = answer.scores;
  const near = others.slice(0, 1).filter((score) => score.confidence >= best.confidence / 2);
  return [best, second, ...near].map((score) => score.genre);
}
