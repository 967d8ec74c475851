// The menu of the ways out of the page. What is shown is what is saved.

import { toCsv } from "../export/csv.js";
import { gathered, save } from "../export/download.js";
import { toIiif, toJson, toJsonLd } from "../export/linked-data.js";
import { printContactSheet, printReport } from "../export/report.js";
import { toText } from "../export/text.js";
import { row } from "../session/record.js";
import { choice, groups, shown } from "../session/selection.js";
import { current } from "../session/session.js";
import { inSlices } from "../session/slices.js";
import { FAILED, inState } from "../session/works.js";
import { say } from "../text/language.js";
import { announce } from "./announce.js";

// Where nothing narrows the list, those without an answer are in it with their reasons.
function leftOut() {
  return choice.search.trim() || choice.genre || choice.only ? [] : inState(FAILED);
}

function rows() {
  return [...shown(), ...leftOut()].map(row);
}

async function keep(pieces, name, type) {
  save(await gathered(pieces, type), name);
}

const ACTIONS = {
  "save-csv": () => keep(toCsv(rows()), "ragam.csv", "text/csv;charset=utf-8"),
  "save-json": () => keep(toJson(rows()), "ragam.json", "application/json"),
  "save-jsonld": () => keep(toJsonLd(rows(), current().id), "ragam.jsonld", "application/ld+json"),
  "save-iiif": () => keep(toIiif(rows(), current().id), "ragam-annotations.json", "application/json"),
  "print-report": () => printReport(groups(), current(), leftOut()),
  "print-sheet": () => printContactSheet(groups(), current()),
  "copy-text": async () => {
    const texts = [];
    await inSlices(shown(), (work) => texts.push(toText(work)));
    await navigator.clipboard.writeText(texts.join("\n\n"));
    announce(say("look.copied"));
  },
};

export function startExports() {
  const menu = document.getElementById("exports");
  for (const [id, action] of Object.entries(ACTIONS)) {
    document.getElementById(id).addEventListener("click", () => {
      menu.open = false;
      menu.querySelector("summary").focus();
      action();
    });
  }
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
  document.addEventListener("click", (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
}
