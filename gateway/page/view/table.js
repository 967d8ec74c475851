// The table of what is shown, model and verdict side by side: sorted by its headers, and only the rows that can be seen in the document.

import { genres, onGenres } from "../service/genres.js";
import { standing } from "../session/certainty.js";
import { choice, shown } from "../session/selection.js";
import { NONE, UNSURE, judge, note } from "../session/verdicts.js";
import { onWorks, work as byId } from "../session/works.js";
import { genreName, number, onLanguage, percent, say } from "../text/language.js";
import { refresh } from "./filters.js";
import { letGo, thumb } from "./thumbs.js";
import { verdictName } from "./verdict.js";

const ROW = 72;
const MARGIN = 8;
const COLUMNS = ["name", "genre", "confidence", "certain", "typicality", "verdict", "note"];

let open = () => {};
let images = [];
let drawn = "";
const element = (id) => document.getElementById(id);

export function startTable(openLook) {
  open = openLook;
  // A cell that is written in is left alone while answers come.
  onWorks(() => element("rows").contains(document.activeElement?.closest("input, select") ?? null) || showTable());
  onLanguage(showTable);
  onGenres(showTable);
  addEventListener("scroll", () => requestAnimationFrame(() => draw(false)), { passive: true });
}

export function showTable() {
  if (element("table").hidden) return;
  const focused = document.activeElement?.dataset?.by;
  element("columns").replaceChildren(...COLUMNS.map(header));
  if (focused) element("columns").querySelector(`[data-by="${focused}"]`)?.focus();
  draw(true);
}

function header(by) {
  const cell = document.createElement("th");
  cell.scope = "col";
  const here = choice.by === by;
  cell.setAttribute("aria-sort", here ? (choice.descending ? "descending" : "ascending") : "none");
  if (by === "note") {
    cell.textContent = say("table.note");
    return cell;
  }
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.by = by;
  button.textContent = say(`table.${by}`);
  button.addEventListener("click", () => {
    // Figures are first asked for from the top, names from A.
    choice.descending = here ? !choice.descending : ["confidence", "certain", "typicality"].includes(by);
    choice.by = by;
    refresh();
  });
  cell.append(button);
  return cell;
}

function draw(whole) {
  if (element("table").hidden) return;
  const works = shown();
  const top = -element("rows").getBoundingClientRect().top;
  const first = Math.max(0, Math.floor(top / ROW) - MARGIN);
  const last = Math.min(works.length, Math.ceil((top + innerHeight) / ROW) + MARGIN);
  const now = `${first} ${last} ${works.length}`;
  if (!whole && now === drawn) return;
  drawn = now;
  const focus = focusedCell();
  images.forEach(letGo);
  images = [];
  element("table").querySelector("table").setAttribute("aria-rowcount", works.length + 1);
  const rows = works.slice(first, last).map((work, index) => line(work, first + index));
  element("rows").replaceChildren(space(first * ROW), ...rows, space((works.length - last) * ROW));
  if (focus) element("rows").querySelector(`[data-id="${focus.id}"] ${focus.field}`)?.focus();
}

function focusedCell() {
  const at = document.activeElement;
  if (!element("rows").contains(at)) return null;
  return { id: at.closest("tr").dataset.id, field: at.tagName.toLowerCase() };
}

// Rows that are not there take their room.
function space(height) {
  const row = document.createElement("tr");
  row.className = "space";
  row.setAttribute("aria-hidden", "true");
  row.style.height = `${Math.max(0, height)}px`;
  return row;
}

function line(work, index) {
  const { answer } = work;
  const row = document.createElement("tr");
  row.dataset.id = work.id;
  row.setAttribute("aria-rowindex", index + 2);
  const word = standing(answer);
  const text = (content, className = "") => {
    const cell = document.createElement("td");
    cell.textContent = content;
    cell.className = className;
    return cell;
  };
  row.append(
    nameCell(work),
    text(answer ? genreName(answer.image_types_prediction) : say(`state.${work.state}`), "genre"),
    text(answer ? percent(answer.confidence) : "", "figure"),
    text(word ? say(`short.${word}`) : "", word),
    text(answer?.typicality === undefined ? "" : number(answer.typicality), "figure"),
    verdictCell(work),
    noteCell(work),
  );
  return row;
}

function nameCell(work) {
  const cell = document.createElement("th");
  cell.scope = "row";
  const button = document.createElement("button");
  button.type = "button";
  button.className = "name";
  const image = thumb(work.thumb);
  if (image) {
    images.push(image);
    button.append(image);
  }
  const name = document.createElement("span");
  name.textContent = work.path;
  button.append(name);
  button.addEventListener("click", () => open(work.id));
  cell.append(button);
  return cell;
}

function verdictCell(work) {
  const cell = document.createElement("td");
  const select = document.createElement("select");
  select.setAttribute("aria-label", say("table.verdictOf", { file: work.name }));
  select.disabled = !work.answer;
  const option = (value, text) => new Option(text, value, false, value === work.verdict);
  select.append(option("", ""), ...[...genres(), NONE, UNSURE].map((verdict) => option(verdict, verdictName(verdict))));
  select.addEventListener("change", () => judge([byId(work.id)], select.value));
  cell.classList.toggle("differs", Boolean(work.verdict) && work.verdict !== work.answer?.image_types_prediction);
  cell.append(select);
  return cell;
}

function noteCell(work) {
  const cell = document.createElement("td");
  const input = document.createElement("input");
  input.type = "text";
  input.maxLength = 10_000;
  input.value = work.note;
  input.setAttribute("aria-label", say("table.noteOf", { file: work.name }));
  input.addEventListener("change", () => note(byId(work.id), input.value));
  cell.append(input);
  return cell;
}
