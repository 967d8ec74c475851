// What steers a terminal that shows a saved file, ends a line in it or turns the direction of what follows, but for the tabulator and the
// usual ends of lines: written as in JSON. The same in ragam/table.py.

const CONTROLS = /[\0-\x08\v\f\x0E-\x1F\x7F-\x9F\u2028-\u202E\u2066-\u2069]/g;

export function escaped(text) {
  return text.replaceAll(CONTROLS, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
