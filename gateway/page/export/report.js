// The report and the contact sheet: what it all comes to, and then a label for each picture, in the groups and the order of the screen.

import { confidence } from "../session/certainty.js";
import { inSlices } from "../session/slices.js";
import { genreName, moment, say } from "../text/language.js";
import { fillBars } from "../view/bars.js";
import { verdictName } from "../view/verdict.js";
import { facts, overview, title } from "./overview.js";
import { element, groupTitle, print } from "./paper.js";
import { judged } from "./text.js";

// groups: [{key, works}] as they are shown; leftOut: the works without an answer that belong to the list.
export async function printReport(groups, session, leftOut) {
  await print(async (picture) => {
    const labels = await sections("report", answered(groups), (work) => reportEntry(work, picture));
    return [overview(groups, session, leftOut), ...labels];
  });
}

export async function printContactSheet(groups, session) {
  await print(async (picture) => {
    const labels = await sections("sheet", answered(groups), (work) => sheetEntry(work, picture));
    const shown = answered(groups);
    return [title(shown, session), facts(shown.flatMap(({ works }) => works)), ...labels];
  });
}

function answered(groups) {
  return groups.map(({ key, works }) => ({ key, works: works.filter((work) => work.answer) })).filter(({ works }) => works.length);
}

async function sections(kind, groups, entry) {
  const made = [];
  for (const group of groups) {
    const section = element("section", "group");
    const list = element("div", kind);
    await inSlices(group.works, (work) => list.append(entry(work)));
    section.append(element("h2", "", groupTitle(group)), list);
    made.push(section);
  }
  return made;
}

function reportEntry(work, picture) {
  const { answer } = work;
  const entry = element("article");
  const label = element("div", "label");
  const bars = element("ul", "bars");
  fillBars(bars, answer.scores);
  const lines = [
    ["verdict", work.verdict ? say("text.verdict", { verdict: verdictName(work.verdict) }) : say("verdict.open")],
    ["note", work.note && say("text.note", { note: work.note })],
    ["small", judged(work)],
    ["small", say("report.foot", { date: moment(new Date(work.time)), version: answer.model.version })],
    ["file", work.path],
  ];
  label.append(element("h3", "", genreName(answer.image_types_prediction)), element("p", "", confidence(answer)), bars);
  label.append(...lines.filter(([, text]) => text).map(([name, text]) => element("p", name, text)));
  entry.append(picture(work.thumb ?? work.view), label);
  return entry;
}

function sheetEntry(work, picture) {
  const entry = element("figure");
  const caption = element("figcaption");
  const { answer, verdict } = work;
  caption.append(element("b", "", genreName(answer.image_types_prediction)), element("span", "", confidence(answer)));
  if (verdict) caption.append(element("b", "", say("text.verdict", { verdict: verdictName(verdict) })));
  caption.append(element("span", "", work.path));
  entry.append(picture(work.thumb), caption);
  return entry;
}
