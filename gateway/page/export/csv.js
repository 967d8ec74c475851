// Rows as CSV. docs/client.md describes the columns; `training prepare --corrections` reads file and verdict.

import { genresOf } from "../session/record.js";
import { escaped } from "./controls.js";

export const COLUMNS = ["file", "genre", "confidence", "certain", "typicality", "verdict", "remark", "model_version"];
const MORE = ["expected_accuracy", "error", "reason", "time"];
// Behind the genres: whoever reads by place finds all others where they were.
const LAST = ["judged_at", "judged_by"];

// What a spreadsheet takes for a formula, when a cell begins with it or with blanks before it; the last four are the wide forms that East
// Asian spreadsheets read alike. An apostrophe before it makes the cell text.
const FORMULA = /^\s*[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/;

// RFC 4180, in UTF-8 with a byte order mark, without which spreadsheets show accents wrongly; every cell in quotes, so that a program that
// splits at semicolons keeps a name together.
// In pieces, as are all of this folder: thousands of rows at once would be felt.
export function* toCsv(rows) {
  const genres = genresOf(rows);
  const head = [...COLUMNS, ...MORE, ...genres.map(columnOf), ...LAST];
  const cells = (one, columns) => columns.map((column) => (column === "file" ? fileCell(one.file) : one[column]));
  const line = (one) => [...cells(one, [...COLUMNS, ...MORE]), ...genres.map((genre) => one.scores[genre] ?? null), ...cells(one, LAST)];
  const text = (values) => `${values.map(cell).join(",")}\r\n`;
  yield `\uFEFF${text(head)}`;
  for (const one of rows) yield text(line(one));
}

// As in ragam/rows.py: no two columns have one name.
function columnOf(genre) {
  return genre.startsWith("'") || [...COLUMNS, ...MORE, ...LAST].includes(genre) ? `'${genre}` : genre;
}

// As in ragam/table.py: the name can be told from the cell, and a row is a line.
function fileCell(name) {
  return name.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\r", "\\r");
}

function cell(value) {
  const text = escaped(String(value ?? ""));
  // Whatever is no figure and no truth value is text to a spreadsheet.
  const plain = typeof value === "number" || typeof value === "boolean";
  const harmless = !plain && FORMULA.test(text) ? `'${text}` : text;
  return `"${harmless.replaceAll('"', '""')}"`;
}
