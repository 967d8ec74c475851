// Between which genres the model hesitates, where it is not certain: those that have at least half of the best one's confidence, from
// two up to three.

export function between(answer) {
  const [best, second, ...others] = answer.scores;
  const near = others.slice(0, 1).filter((score) => score.confidence >= best.confidence / 2);
  return [best, second, ...near].map((score) => score.genre);
}
