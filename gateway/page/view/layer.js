// The map over the large picture, with its legend, its opacity and a sentence that says where it is hottest.

import { hottest } from "../service/heat.js";
import { genreName, say } from "../text/language.js";
import { paintHeat } from "./heatmap.js";

const element = (id) => document.getElementById(id);
let painted = null;

export function showLayer(work, on, opacity) {
  const { heat } = work;
  const canvas = element("look-layer");
  const there = on && heat?.state === "there";
  canvas.hidden = !there;
  element("look-map").setAttribute("aria-busy", String(on && heat?.state === "asked"));
  element("look-scale").hidden = !there;
  const note = element("look-map-note");
  const text = on ? noteOf(work) : null;
  note.hidden = !text;
  note.textContent = text ?? "";
  if (!there) return;
  canvas.style.opacity = opacity;
  canvas.setAttribute("aria-label", say("map.alt", { file: work.name }));
  if (painted === heat.map) return;
  painted = heat.map;
  paintHeat(canvas, heat.map);
}

function noteOf({ heat, answer }) {
  if (heat?.state === "asked") return say("map.asked");
  if (heat?.state === "there") return say("map.note", { genre: genreName(answer.image_types_prediction), place: say(hottest(heat.map)) });
  return heat ? say(heat.failure.word, heat.failure.values) : null;
}
