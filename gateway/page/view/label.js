// What stands beside a large picture: genre and confidence, the bars, what speaks for and against it, the verdict and the note.

import { description } from "../service/genres.js";
import { confidence, hesitation, typicality, worth } from "../session/certainty.js";
import { twins } from "../session/twins.js";
import { SENDING, WAITING } from "../session/works.js";
import { duration, genreName, megabytes, percent, say, together } from "../text/language.js";
import { fillBars } from "./bars.js";
import { fillSimilar } from "./similar.js";
import { fillVerdicts } from "./verdict.js";

const element = (id) => document.getElementById(id);

// judged() after a verdict was pressed.
export function showLabel(work, judged) {
  const { answer, failure } = work;
  element("look-title").textContent = answer ? genreName(answer.image_types_prediction) : say(`state.${work.state}`);
  write("look-sure", answer && confidence(answer));
  write("look-hesitation", answer && hesitation(answer));
  write("look-typicality", answer && typicality(answer));
  write("look-worth", answer && worth(answer));
  write("look-state", answer ? null : stateOf(work));
  write("look-failure", failure && !answer && say(failure.word, failure.values));
  write("look-converted", work.converted && conversion(work.converted));
  write("look-file", work.path);
  const others = twins(work);
  const files = together(others.map((other) => other.path));
  const differ = others.some((other) => other.verdict !== work.verdict) ? say("look.twinsDiffer") : "";
  write("look-twins", others.length && `${say("look.twins", { files })} ${differ}`.trim());
  element("look-bars").hidden = !answer;
  element("look-similar").hidden = !answer?.similar;
  element("look-about").hidden = !answer || !description(answer.image_types_prediction);
  element("look-judge").hidden = !answer;
  if (!answer) return;
  fillBars(element("look-bars"), answer.scores);
  if (answer.similar) fillSimilar(element("look-works"), answer.similar);
  element("look-about-title").textContent = say("look.about", { genre: genreName(answer.image_types_prediction) });
  element("look-about-text").textContent = description(answer.image_types_prediction);
  fillVerdicts(element("look-verdicts"), work, judged);
  if (document.activeElement !== element("look-note")) element("look-note").value = work.note;
  write("look-model", say("text.model", { name: answer.model.name, version: answer.model.version }));
}

export function conversion({ from, bytes, sent, width, height }) {
  const kind = from ?? say("converted.picture");
  return say("converted.one", { kind, width, height, bytes: megabytes(bytes), sent: megabytes(sent) });
}

function stateOf(work) {
  if (work.state === SENDING && !work.sent) return say("look.reading");
  if (work.state === SENDING) return work.sent < 1 ? say("look.sent", { share: percent(work.sent) }) : say("look.looking");
  if (work.state === WAITING && work.again) return say("look.again", { time: duration(Math.max(1, (work.again - Date.now()) / 1000)) });
  return work.state === WAITING ? say("look.queued") : null;
}

function write(id, text) {
  element(id).hidden = !text;
  element(id).textContent = text || "";
}
