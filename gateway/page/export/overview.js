// The first page of the report: what was judged, when and by whom, what came out, what was left out, and how far to trust it.

import { account } from "../session/account.js";
import { notPainting } from "../session/certainty.js";
import { NONE, UNSURE, agreement } from "../session/verdicts.js";
import { ANSWERED, count } from "../session/works.js";
import { genreName, moment, number, percent, say } from "../text/language.js";
import { verdictName } from "../view/verdict.js";
import { element, table } from "./paper.js";

export function overview(groups, session, leftOut) {
  const works = groups.flatMap((group) => group.works);
  const answered = works.filter((work) => work.answer);
  const made = element("section", "overview");
  const tables = element("div", "tables");
  tables.append(counts(answered), verdicts(answered));
  made.append(title(groups, session), facts(answered), tables, trust(answered), leftOutList([...leftOut, ...works.filter((work) => !work.answer)]));
  return made;
}

export function title(groups, session) {
  const works = groups.flatMap((group) => group.works);
  const head = element("header");
  head.append(
    element("h1", "", session.name || say("session.of", { date: moment(new Date(session.created)) })),
    element("p", "", say("report.modelOf", { name: names(works), versions: versions(works).join(", ") })),
  );
  return head;
}

// Of answered works: when it was printed, of how many, what was judged, and by whom.
export function facts(works) {
  const list = element("dl");
  const judged = works.filter((work) => work.verdict);
  const judges = [...new Set(judged.map((work) => work.judgedBy).filter(Boolean))].sort();
  const shown = number(works.length);
  const pairs = [
    ["report.printed", moment(new Date())],
    ["report.pictures", works.length < count(ANSWERED) ? say("report.someShown", { shown, total: number(count(ANSWERED)) }) : shown],
    ["report.verdicts", verdictsSaid(judged, works)],
    ["report.judges", judged.length && (judges.join(", ") || say("report.nobody"))],
  ];
  for (const [key, text] of pairs.filter(([, text]) => text)) list.append(element("dt", "", say(key)), element("dd", "", text));
  return list;
}

function verdictsSaid(judged, works) {
  const values = { judged: number(judged.length), total: number(works.length) };
  const times = judged.map((work) => work.judged).filter(Boolean).sort();
  if (!times.length) return say("report.verdictsOf", values);
  const [from, to] = [times[0], times.at(-1)].map((time) => moment(new Date(time)));
  return from === to ? say("report.at", { ...values, from }) : say("report.between", { ...values, from, to });
}

function names(works) {
  return [...new Set(works.filter((work) => work.answer).map((work) => work.answer.model.name))].join(", ");
}

function versions(works) {
  return [...new Set(works.filter((work) => work.answer).map((work) => work.answer.model.version))].sort((a, b) => a - b);
}

// Of the model's genres those of what may be no painting do not count: the screen has them apart, too.
function counts(works) {
  const made = section("report.counts");
  const paintings = works.filter((work) => !notPainting(work.answer));
  const genre = (work) => work.answer.image_types_prediction;
  const known = [...new Set([...paintings.map(genre), ...works.map((work) => work.verdict).filter((verdict) => verdict)])];
  const own = known.filter((name) => ![NONE, UNSURE].includes(name)).sort((a, b) => genreName(a).localeCompare(genreName(b)));
  const size = (list, test) => number(list.filter(test).length);
  const given = (verdict) => size(works, (work) => work.verdict === verdict);
  const rows = own.map((name) => [
    genreName(name),
    size(paintings, (work) => genre(work) === name),
    size(paintings, (work) => genre(work) === name && work.answer.certain),
    given(name),
  ]);
  const doubted = works.length - paintings.length;
  if (doubted) rows.push([say("group.notPainting"), number(doubted), "", ""]);
  for (const verdict of [NONE, UNSURE]) if (works.some((work) => work.verdict === verdict)) rows.push([verdictName(verdict), "", "", given(verdict)]);
  const open = works.filter((work) => !work.verdict).length;
  if (open) rows.push([say("group.open"), "", "", number(open)]);
  const all = number(works.length);
  const head = ["report.genre", "report.model", "report.certain", "report.verdicts"].map((key) => say(key));
  made.append(table("counts", head, rows, [say("report.total"), all, size(paintings, (work) => work.answer.certain), all]));
  return made;
}

function verdicts(works) {
  const made = section("report.agreement");
  const { judged, agreed, rows, columns, cells } = agreement(works);
  if (!judged) {
    made.append(element("p", "", say("report.unjudged")));
    return made;
  }
  const figures = rows.map((verdict) => [verdictName(verdict), ...columns.map((genre) => number(cells[`${verdict}|${genre}`] ?? 0))]);
  const head = [say("report.corner"), ...columns.map(genreName)];
  made.append(
    element("p", "", say("report.agrees", { share: percent(agreed / judged), judged: number(judged) })),
    table("matrix", head, figures, null, (row, column) => column > 0 && rows[row] === columns[column - 1]),
  );
  return made;
}

function trust(works) {
  const made = section("report.trust");
  const served = versions(works);
  made.append(element("p", "", [...served.flatMap((version) => account(version)), say("knows.not")].join(" ")));
  return made;
}

function leftOutList(works) {
  const made = section("report.leftOut", { count: number(works.length) });
  const reason = ({ failure }) => (failure ? say(failure.word, failure.values) : say("report.unanswered"));
  const list = element("ul");
  for (const one of new Set(works.map(reason))) {
    const files = works.filter((work) => reason(work) === one).map((work) => work.path);
    list.append(element("li", "", say("report.reason", { reason: one, count: number(files.length), files: files.join(", ") })));
  }
  made.append(list);
  return works.length ? made : "";
}

function section(key, values = {}) {
  const made = element("section");
  made.append(element("h2", "", say(key, values)));
  return made;
}
