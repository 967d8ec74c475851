// What a row says of its picture, by who says it: the model says which genre, a person says that it is right, another, none or unknown.

import { notPainting } from "../session/certainty.js";

const NO_GENRE = ["none", "unsure"];

// The genre that a person gave, or null.
export function givenGenre({ verdict }) {
  return verdict && !NO_GENRE.includes(verdict) ? verdict : null;
}

// [{by, motivation, genre, text, at}]: by is "model" or "person", genre null where no genre is asserted, text what is said besides or
// instead, at an ISO time or null where it is not known.
export function assertions(row) {
  return [ofModel(row), ofPerson(row)].filter(Boolean);
}

// Of what may be no painting the model says that, and no genre.
function ofModel(row) {
  if (!row.genre) return null;
  const guess = `${row.genre} ${row.confidence}`;
  const doubted = row.typicality !== null && notPainting(row);
  const said = doubted ? { genre: null, text: `typicality ${row.typicality}, ${guess}` } : { genre: row.genre, text: guess };
  return { by: "model", motivation: doubted ? "assessing" : "classifying", ...said, at: row.time };
}

function ofPerson(row) {
  if (!row.verdict && !row.remark) return null;
  const genre = givenGenre(row);
  const motivation = genre ? "classifying" : row.verdict ? "assessing" : "commenting";
  const text = [genre ? "" : row.verdict, row.remark].filter(Boolean).join(": ");
  return { by: "person", motivation, genre, text, at: row.judged_at };
}
