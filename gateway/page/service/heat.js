// Where the model sees the genre of a picture: asked for on demand, kept with the work. work.heat is {state, map, failure, control}: state
// "asked", "there" or "failed"; map 7 rows of 7 figures in [0, 1], how much each part of the picture spoke for the genre.

import { prepared } from "../picture/convert.js";
import { change } from "../session/works.js";
import { heatmapOf } from "./answer.js";
import { failure } from "./failures.js";
import { send } from "./send.js";

export async function askForHeat(work) {
  if (work.heat && work.heat.state !== "failed") return;
  const control = new AbortController();
  change(work, { heat: { state: "asked", map: null, failure: null, control } });
  const body = await prepared(work, false);
  if (body.failure) {
    change(work, { heat: { state: "failed", map: null, failure: body.failure, control: null } });
    return;
  }
  let answer;
  try {
    answer = await send("POST", "explanation", { ...body, signal: control.signal });
  } catch {
    return;
  }
  const map = heatmapOf(answer.data);
  const heat = map ? { state: "there", map, failure: null } : { state: "failed", map: null, failure: failure(answer) };
  change(work, { heat: { ...heat, control: null } });
}

// Which ninth of the picture is hottest, as "top left" and so on are named in the catalogue.
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
