// How far the person is and agrees with the model: in one line above the pictures, and below them a small table of the verdicts against the
// model's genres.

import { number, onLanguage, percent, say } from "../text/language.js";
import { agreement } from "../session/verdicts.js";
import { ANSWERED, count, onWorks } from "../session/works.js";
import { verdictName } from "./verdict.js";

export function startAgreement() {
  onWorks(showAgreement);
  onLanguage(showAgreement);
}

let drawn = "";

function showAgreement() {
  const found = agreement();
  const { judged, agreed, rows, columns, cells } = found;
  showSoFar(found);
  const place = document.getElementById("agreement");
  place.hidden = judged === 0;
  const now = JSON.stringify([document.documentElement.lang, found]);
  if (!judged || now === drawn) return;
  drawn = now;
  const share = percent(agreed / judged);
  document.getElementById("agreement-share").textContent = say("agreement.share", { share, judged: number(judged) });
  const table = document.getElementById("confusion");
  const head = document.createElement("tr");
  head.append(header(say("agreement.corner"), "col"), ...columns.map((genre) => header(verdictName(genre), "col")));
  table.tHead.replaceChildren(head);
  table.tBodies[0].replaceChildren(
    ...rows.map((verdict) => {
      const line = document.createElement("tr");
      const figures = columns.map((genre) => cell(cells[`${verdict}|${genre}`] ?? 0, verdict === genre));
      line.append(header(verdictName(verdict), "row"), ...figures);
      return line;
    }),
  );
}

// The link leads to the table, which is far below many pictures.
function showSoFar({ judged, agreed, unsure }) {
  document.getElementById("judged").hidden = judged + unsure === 0;
  const link = document.getElementById("judged-link");
  link.hidden = judged === 0;
  if (judged) {
    const values = { judged: number(judged), total: number(count(ANSWERED)), share: percent(agreed / judged) };
    link.textContent = say("agreement.soFar", values);
  }
  document.getElementById("judged-unsure").textContent = unsure ? say("agreement.unsure", { count: number(unsure) }) : "";
}

function header(text, scope) {
  const made = document.createElement("th");
  made.scope = scope;
  made.textContent = text;
  return made;
}

function cell(count, same) {
  const made = document.createElement("td");
  made.className = "figure";
  made.classList.toggle("same", same);
  made.textContent = number(count);
  return made;
}
