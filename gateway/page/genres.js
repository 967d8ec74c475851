// The genres that the service knows, as it describes them, in the language of the page.

import { failure } from "./failures.js";
import { language, onLanguage, say } from "./language.js";
import { send } from "./send.js";

let answer = null;

export async function startGenres() {
  onLanguage(showGenres);
  await fetchGenres();
}

async function fetchGenres() {
  answer = await send("GET", "/genres");
  showGenres();
}

function showGenres() {
  if (!answer) return;
  const genres = answer.data ?? [];
  const state = document.getElementById("genres-state");
  state.hidden = genres.length > 0;
  if (!genres.length) state.textContent = say("genres.failed", { sentence: say(failure(answer).word) });
  document.getElementById("genres-list").replaceChildren(...genres.map(entry));
}

function entry({ name, description }) {
  const group = document.createElement("div");
  const term = document.createElement("dt");
  term.lang = "en";
  term.textContent = name;
  const text = document.createElement("dd");
  text.textContent = description?.[language()] ?? "";
  group.append(term, text);
  return group;
}
