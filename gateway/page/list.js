// The table of all works: sorted by its headers, filtered, saved.

import { save, toCsv, toJson } from "./export.js";
import { moment, onLanguage, percent, say } from "./language.js";
import { filtered, genresOf, row, sorted } from "./rows.js";
import { all, onWork } from "./works.js";

const element = (id) => document.getElementById(id);

let order = { by: "", descending: false };
let due = false;

export function startList() {
  onWork(schedule);
  onLanguage(showList);
  for (const id of ["filter-file", "filter-genre", "filter-doubt"]) element(id).addEventListener("input", showList);
  element("save-csv").addEventListener("click", () => save(toCsv(shownRows()), "ragam.csv", "text/csv;charset=utf-8"));
  element("save-json").addEventListener("click", () => save(toJson(shownRows()), "ragam.json", "application/json"));
}

// Many changes between two frames are shown once.
function schedule() {
  if (due) return;
  due = true;
  requestAnimationFrame(() => {
    due = false;
    showList();
  });
}

function shownRows() {
  const filter = { file: element("filter-file").value, genre: element("filter-genre").value, doubt: element("filter-doubt").checked };
  const rows = filtered(all().map(row), filter);
  return order.by ? sorted(rows, order) : rows;
}

export function showList() {
  if (element("list").hidden) return;
  const genres = genresOf(all().map(row));
  showGenres(genres);
  const rows = shownRows();
  element("shown").textContent = say("list.shown", { shown: rows.length, total: all().length });
  const columns = columnsOf(genres);
  // A header that has the focus keeps it.
  const focused = document.activeElement?.dataset?.by;
  element("columns").replaceChildren(...columns.map(header));
  if (focused) element("columns").querySelector(`[data-by="${CSS.escape(focused)}"]`)?.focus();
  element("rows").replaceChildren(...rows.map((one) => line(one, columns)));
}

function columnsOf(genres) {
  const share = (value) => (value === null ? "" : percent(value));
  return [
    { by: "file", title: say("list.file"), text: (one) => one.file },
    { by: "genre", title: say("list.genre"), text: (one) => one.genre ?? one.error ?? say("list.open") },
    { by: "confidence", title: say("list.confidence"), text: (one) => share(one.confidence), figure: true },
    ...genres.map((genre) => ({
      by: `scores.${genre}`,
      title: genre,
      lang: "en",
      text: (one) => share(one.scores[genre] ?? null),
      share: (one) => one.scores[genre] ?? 0,
      figure: true,
    })),
    { by: "version", title: say("list.version"), text: (one) => one.version ?? "", figure: true },
    { by: "time", title: say("list.time"), text: (one) => (one.time ? moment(new Date(one.time)) : "") },
  ];
}

function header(column) {
  const cell = document.createElement("th");
  cell.scope = "col";
  cell.classList.toggle("figure", Boolean(column.figure));
  const here = order.by === column.by;
  cell.setAttribute("aria-sort", here ? (order.descending ? "descending" : "ascending") : "none");
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.by = column.by;
  button.textContent = column.title;
  if (column.lang) button.lang = column.lang;
  button.addEventListener("click", () => {
    // Figures are first asked for from the top, names from A.
    order = here ? { by: column.by, descending: !order.descending } : { by: column.by, descending: Boolean(column.figure) };
    showList();
  });
  cell.append(button);
  return cell;
}

function line(one, columns) {
  const entry = document.createElement("tr");
  entry.classList.toggle("uncertain", one.certain === false);
  for (const [index, column] of columns.entries()) {
    const cell = document.createElement(index ? "td" : "th");
    if (!index) cell.scope = "row";
    cell.classList.toggle("figure", Boolean(column.figure));
    cell.classList.toggle("error", column.by === "genre" && !one.genre);
    // The service's sentences are English.
    if (column.by === "genre") cell.lang = "en";
    cell.textContent = column.text(one);
    if (column.share) cell.style.setProperty("--share", column.share(one));
    entry.append(cell);
  }
  return entry;
}

function showGenres(genres) {
  const select = element("filter-genre");
  const chosen = select.value;
  const option = (value, text) => new Option(text, value, false, value === chosen);
  select.replaceChildren(option("", say("list.all")), ...genres.map((genre) => option(genre, genre)));
}
