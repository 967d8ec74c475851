// The genres of all answers with their counts as bars that filter by a click, and how many are certain.

import { genreName, number, onLanguage, say } from "../text/language.js";
import { choice, genreOf } from "../session/selection.js";
import { standing } from "../session/certainty.js";
import { twins } from "../session/twins.js";
import { ANSWERED, inState, onWorks } from "../session/works.js";
import { refresh } from "./filters.js";

export function startSummary() {
  onWorks(showSummary);
  onLanguage(showSummary);
}

export function showSummary() {
  const answered = inState(ANSWERED);
  const counts = new Map();
  for (const genre of answered.map((work) => genreOf(work.answer)).filter(Boolean)) counts.set(genre, (counts.get(genre) ?? 0) + 1);
  const most = Math.max(1, ...counts.values());
  const genres = [...counts].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]));
  fill(
    "summary-genres",
    genres.map(([genre, count]) => ({ key: "genre", value: genre, text: genreName(genre), count, share: count / most })),
  );
  const only = ["certain", "uncertain", "notPainting"].map((name) => ({
    key: "only",
    value: name,
    text: say(`group.${name}`),
    count: answered.filter((work) => standing(work.answer) === name).length,
  }));
  const open = { key: "only", value: "open", text: say("group.open"), count: answered.filter((work) => !work.verdict).length };
  const copies = { key: "only", value: "copies", text: say("only.copies"), count: answered.filter((work) => twins(work).length).length };
  fill("summary-only", [...[...only, copies].filter((one) => one.count), open]);
}

function fill(id, entries) {
  const place = document.getElementById(id);
  const focused = place.contains(document.activeElement) ? document.activeElement.dataset.value : null;
  // A button that is there stays: taken away while it is being pressed, it would lose the press.
  const there = new Map([...place.children].map((button) => [button.dataset.value, button]));
  entries.forEach((entry, index) => {
    const button = there.get(entry.value) ?? chip(entry);
    there.delete(entry.value);
    if (place.children[index] !== button) place.insertBefore(button, place.children[index] ?? null);
    show(button, entry);
  });
  for (const button of there.values()) button.remove();
  if (focused) [...place.children].find((one) => one.dataset.value === focused)?.focus();
}

function show(button, { key, value, text, count, share }) {
  button.setAttribute("aria-pressed", String(choice[key] === value));
  const [name, figure] = button.children;
  name.textContent = text;
  figure.textContent = number(count);
  if (share !== undefined) button.style.setProperty("--share", share);
}

function chip({ key, value }) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "chip";
  button.dataset.value = value;
  const figure = document.createElement("span");
  figure.className = "figure";
  button.append(document.createElement("span"), " ", figure);
  button.addEventListener("click", () => {
    choice[key] = choice[key] === value ? "" : value;
    refresh();
  });
  return button;
}
