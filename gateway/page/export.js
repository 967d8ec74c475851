// Rows as CSV and as JSON, with the API's own names and figures.

import { genresOf } from "./rows.js";

// What a spreadsheet takes for a formula when a cell begins with it. An apostrophe before it makes the cell text.
const FORMULA = /^[\s]*[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/;

// RFC 4180 with a byte order mark, without which Excel takes UTF-8 for something else.
export function toCsv(rows) {
  const genres = genresOf(rows);
  const head = ["file", "genre", "confidence", "certain", ...genres, "model", "version", "time", "error"];
  const lines = rows.map((one) => [
    one.file,
    one.genre,
    one.confidence,
    one.certain,
    ...genres.map((genre) => one.scores[genre] ?? null),
    one.model,
    one.version,
    one.time,
    one.error,
  ]);
  return `\uFEFF${[head, ...lines].map((line) => `${line.map(cell).join(",")}\r\n`).join("")}`;
}

export function toJson(rows) {
  return `${JSON.stringify(rows, null, 2)}\n`;
}

function cell(value) {
  if (value === null) return "";
  if (typeof value !== "string") return String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return /[",;\r\n\t]|^\s|\s$/.test(text) || text !== value ? `"${text.replaceAll('"', '""')}"` : text;
}

export function save(text, name, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  // The download has its own hold on the bytes once it has begun.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
