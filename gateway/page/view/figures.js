// What the service knows, in three sentences. The figures are those of the version in the repository, by its model card; another version's
// are told by its own answers, one by one.

import { genres, onGenres } from "../service/genres.js";
import { onWork } from "../session/works.js";
import { genreName, onLanguage, say, together } from "../text/language.js";

// The card's scorecard on paintings of other collections: how many of 100 answers were right, of 100 certain ones, and how many were certain.
export const MEASURED = { version: 3, right: 57, certainRight: 84, certainOf: 23 };

let version = null;

export function startFigures() {
  onGenres(show);
  onLanguage(show);
  onWork((work, happened, { answer }) => {
    if (!answer || answer.model.version === version) return;
    version = answer.model.version;
    show();
  });
}

function show() {
  const known = genres();
  const place = document.getElementById("knows");
  const names = together(known.map(genreName));
  const same = version === null || version === MEASURED.version;
  const sentences = [
    known.length ? say("knows.genres", { count: known.length, genres: names }) : null,
    same ? say("knows.figures", MEASURED) : say("knows.otherVersion", { version }),
    say("knows.not"),
  ];
  const paragraph = (sentence) => Object.assign(document.createElement("p"), { textContent: sentence });
  place.replaceChildren(...sentences.filter(Boolean).map(paragraph));
}
