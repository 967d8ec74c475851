// Rows as CSV and as JSON, with the API's own names and figures.

import { genresOf } from "./rows.js";

// What a spreadsheet takes for a formula, when a cell begins with it or with blanks before it; the last four are the wide forms that East
// Asian spreadsheets read alike. An apostrophe before it makes the cell text.
const FORMULA = /^\s*[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/;

// The columns are those of the command line's CSV, the genres in their own order. UTF-8 with a byte order mark, without which spreadsheets
// show accents wrongly; every cell in quotes, so that a program that splits at semicolons keeps a name together.
export function toCsv(rows) {
  const genres = genresOf(rows);
  const head = ["file", "genre", "confidence", "certain", "typicality", "expected accuracy", "model version", ...genres, "error", "time"];
  const lines = rows.map((one) => [
    one.file,
    one.genre,
    one.confidence,
    one.certain,
    one.typicality,
    one.expected_accuracy,
    one.version,
    ...genres.map((genre) => one.scores[genre] ?? null),
    one.error,
    one.time,
  ]);
  return `\uFEFF${[head, ...lines].map((line) => `${line.map(cell).join(",")}\r\n`).join("")}`;
}

export function toJson(rows) {
  return `${JSON.stringify(rows, null, 2)}\n`;
}

function cell(value) {
  const text = String(value ?? "");
  const harmless = typeof value === "string" && FORMULA.test(text) ? `'${text}` : text;
  return `"${harmless.replaceAll('"', '""')}"`;
}

export function save(text, name, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  // The download has its own hold on the bytes once it has begun.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
