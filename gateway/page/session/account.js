// How good the version that answers is, in sentences: the one account of it that the page and its report give. The figures are those of the
// latest version in the repository; another version's are told by its own answers, one by one.

import { genreName, number, say } from "../text/language.js";
import { MEASURED } from "./measured.js";

let version = null;
const listeners = [];

// Which version answered last.
export function answeredBy(served) {
  if (served === version) return;
  version = served;
  for (const listener of listeners) listener();
}

export function onVersion(listener) {
  listeners.push(listener);
}

// Of the version that answers, or of another one.
export function account(of = version) {
  if (!isMeasured(of)) return [say("knows.otherVersion", { version: of })];
  const { all, beside } = MEASURED;
  const [right, low, high] = all.right;
  const [certainRight] = all.certainRight;
  return [
    say("knows.figures", { version: MEASURED.version, paintings: number(all.paintings), artists: number(all.artists), right, low, high }),
    say("knows.certain", { certain: all.certain, right: certainRight }),
    say("knows.beside", beside),
  ];
}

// "" where nothing was measured of the genre.
export function genreAccount(genre) {
  const { paintings, found, right } = Object.hasOwn(MEASURED.genres, genre) ? MEASURED.genres[genre] : {};
  if (!isMeasured(version) || !paintings || right === null) return "";
  return say("genres.figures", { version: MEASURED.version, genre: genreName(genre), paintings: number(paintings), found, right });
}

function isMeasured(one) {
  return one === null || one === MEASURED.version;
}
