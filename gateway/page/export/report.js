// A report and a contact sheet on paper: built for printing, taken away afterwards. style/print.css has the page.

import { confidence, hesitation, notPainting, worth } from "../session/certainty.js";
import { inSlices } from "../session/slices.js";
import { agreement } from "../session/verdicts.js";
import { FAILED, count } from "../session/works.js";
import { genreName, moment, number, percent, say } from "../text/language.js";
import { fillBars } from "../view/bars.js";
import { verdictName } from "../view/verdict.js";

export async function printReport(works, session) {
  await print("report", works, session, reportEntry);
}

export async function printContactSheet(works, session) {
  await print("sheet", works, session, sheetEntry);
}

async function print(kind, works, session, entry) {
  const paper = document.getElementById("paper");
  const urls = [];
  const picture = (blob) => {
    const image = new Image();
    image.alt = "";
    if (blob) urls.push((image.src = URL.createObjectURL(blob)));
    return image;
  };
  const list = element("div", kind);
  await inSlices(works, (work) => work.answer && list.append(entry(work, picture)));
  paper.replaceChildren(heading(works, session), list);
  await Promise.allSettled([...paper.querySelectorAll("img[src]")].map((image) => image.decode()));
  const clear = () => {
    paper.replaceChildren();
    urls.forEach((url) => URL.revokeObjectURL(url));
  };
  addEventListener("afterprint", clear, { once: true });
  window.print();
}

function heading(works, session) {
  const head = element("header");
  const versions = [...new Set(works.map((work) => work.answer?.model.version).filter((version) => version !== undefined))].join(", ");
  head.append(
    element("h1", "", session.name || say("session.of", { date: moment(new Date(session.created)) })),
    element("p", "", say("report.head", { count: number(works.length), date: moment(new Date()), versions })),
    ...sums(works).map((sentence) => element("p", "", sentence)),
  );
  return head;
}

// The genres with their counts, how far person and model agree, and how many were left out.
function sums(works) {
  const counts = new Map();
  for (const work of works.filter(({ answer }) => answer)) {
    const name = notPainting(work.answer) ? say("group.notPainting") : genreName(work.answer.image_types_prediction);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const genres = [...counts].sort((a, b) => b[1] - a[1]).map(([group, count]) => say("group.count", { group, count: number(count) }));
  const { judged, agreed } = agreement();
  const left = count(FAILED);
  return [
    genres.join(", "),
    judged && say("agreement.share", { share: percent(agreed / judged), judged: number(judged) }),
    left && say("progress.failed", { count: number(left) }),
  ].filter(Boolean);
}

function reportEntry(work, picture) {
  const { answer } = work;
  const entry = element("article");
  const label = element("div", "label");
  const bars = element("ul", "bars");
  fillBars(bars, answer.scores);
  const sentences = [confidence(answer), hesitation(answer), worth(answer)].filter(Boolean);
  label.append(
    element("h2", "", genreName(answer.image_types_prediction)),
    ...sentences.map((sentence) => element("p", "", sentence)),
    bars,
    element("p", "verdict", work.verdict ? say("text.verdict", { verdict: verdictName(work.verdict) }) : say("verdict.open")),
  );
  if (work.note) label.append(element("p", "", say("text.note", { note: work.note })));
  label.append(element("p", "file", work.path));
  label.append(element("p", "file", say("report.foot", { date: moment(new Date(work.time)), version: answer.model.version })));
  entry.append(picture(work.view), label);
  return entry;
}

function sheetEntry(work, picture) {
  const entry = element("figure");
  const caption = element("figcaption");
  const right = work.verdict ? ` · ${verdictName(work.verdict)}` : "";
  caption.append(element("b", "", `${genreName(work.answer.image_types_prediction)}${right}`), element("span", "", work.path));
  entry.append(picture(work.thumb), caption);
  return entry;
}

function element(tag, className = "", text = "") {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}
