// The genres that the service knows, and what it says of each, in the language of the page, with how well the version does on it.

import { genreAccount, onVersion } from "../session/account.js";
import { genreName, has, language, onLanguage, say } from "../text/language.js";
import { genresOf } from "./answer.js";
import { failure } from "./failures.js";
import { send } from "./send.js";

let answer = null;
const listeners = [];

// Names in the service's order: the keys 1 to 9 set them.
export function genres() {
  return (answer?.data ?? []).map((genre) => genre.name);
}

export function description(genre) {
  return [explanation(genre), genreAccount(genre)].filter(Boolean).join(" ");
}

function explanation(genre) {
  if (has(`genreText.${genre}`)) return say(`genreText.${genre}`);
  const texts = (answer?.data ?? []).find((one) => one.name === genre)?.description;
  return texts?.[language()] ?? texts?.en ?? "";
}

// listener() once the genres are known.
export function onGenres(listener) {
  listeners.push(listener);
}

export async function startGenres() {
  onLanguage(showGenres);
  onVersion(showGenres);
  const told = await send("GET", "genres");
  answer = { ...told, data: genresOf(told.data) };
  showGenres();
  for (const listener of listeners) listener();
}

function showGenres() {
  if (!answer) return;
  const state = document.getElementById("genres-state");
  state.hidden = genres().length > 0;
  if (!genres().length) state.textContent = say("genres.failed", { sentence: say(failure(answer).word) });
  document.getElementById("genres-list").replaceChildren(...genres().map(entry));
}

function entry(genre) {
  const group = document.createElement("div");
  const term = document.createElement("dt");
  term.textContent = genreName(genre);
  const text = document.createElement("dd");
  text.textContent = description(genre);
  group.append(term, text);
  return group;
}
