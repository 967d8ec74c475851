// The heat map of a work: asked for on demand, kept, shown or hidden. work.heat is {state, map, failure, control}: state "asked", "shown",
// "hidden" or "failed"; map 7 rows of 7 figures in [0, 1], how much each part of the picture spoke for the genre.

import { failure } from "./failures.js";
import { send } from "./send.js";
import { change } from "./works.js";

export async function toggleHeat(work) {
  const heat = work.heat;
  if (heat?.state === "asked") {
    heat.control.abort();
    change(work, { heat: null });
  } else if (heat?.map) {
    change(work, { heat: { ...heat, state: heat.state === "shown" ? "hidden" : "shown" } });
  } else {
    await ask(work);
  }
}

async function ask(work) {
  const control = new AbortController();
  change(work, { heat: { state: "asked", map: null, failure: null, control } });
  let answer;
  try {
    answer = await send("POST", "/explanation", { file: work.file, signal: control.signal });
  } catch {
    return; // Aborted by the second press.
  }
  const map = answer.data?.heatmap ?? null;
  const heat = map ? { state: "shown", map, failure: null } : { state: "failed", map: null, failure: failure(answer) };
  change(work, { heat: { ...heat, control: null } });
}

// Which ninth of the picture is hottest, as "top left" and so on are named in the words.
export function hottest(map) {
  const cells = map.flatMap((row, y) => row.map((value, x) => ({ value, x: third(x, row.length), y: third(y, map.length) })));
  const best = cells.reduce((a, b) => (b.value > a.value ? b : a));
  return PLACES[best.y][best.x];
}

const PLACES = [
  ["place.topLeft", "place.top", "place.topRight"],
  ["place.left", "place.middle", "place.right"],
  ["place.bottomLeft", "place.bottom", "place.bottomRight"],
];

function third(index, count) {
  return Math.min(2, Math.floor(((index + 0.5) / count) * 3));
}
