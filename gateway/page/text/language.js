// The page's sentences in the chosen language, and figures, dates and durations as each language writes them.

import CATALOGUES from "./catalogues.js";
import { remember } from "./memory.js";

const FALLBACK = "en";
const listeners = [];
let code = FALLBACK;
let words = {};

export function language() {
  return code;
}

// The sentence of a key, with {name} replaced by values.name.
export function say(key, values = {}) {
  return words[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

export function has(key) {
  return Object.hasOwn(words, key);
}

// A genre that no catalogue names is called as the service calls it.
export function genreName(genre) {
  return has(`genre.${genre}`) ? say(`genre.${genre}`) : genre;
}

// One takes a millisecond to make, and a page of many pictures has thousands of figures.
const formats = new Map();

function format(Kind, options) {
  const name = `${Kind.name} ${language()} ${Object.values(options)}`;
  if (!formats.has(name)) formats.set(name, new Kind(language(), options));
  return formats.get(name);
}

export function percent(share) {
  return format(Intl.NumberFormat, { style: "percent", maximumFractionDigits: 0 }).format(share);
}

export function number(value) {
  return format(Intl.NumberFormat, {}).format(value);
}

export function megabytes(bytes) {
  return format(Intl.NumberFormat, { style: "unit", unit: "megabyte", maximumFractionDigits: 1 }).format(bytes / 1e6);
}

export function duration(seconds) {
  const [unit, value] = seconds < 90 ? ["second", Math.max(1, Math.round(seconds))] : ["minute", Math.round(seconds / 60)];
  return format(Intl.NumberFormat, { style: "unit", unit, unitDisplay: "long" }).format(value);
}

// "a, b and c"
export function together(names) {
  return format(Intl.ListFormat, { type: "conjunction" }).format(names);
}

export function moment(date) {
  return format(Intl.DateTimeFormat, { dateStyle: "medium", timeStyle: "short" }).format(date);
}

// The elements below `root` that name a sentence get it, as their text, their label or the hint in an empty field.
export function translate(root) {
  for (const element of root.querySelectorAll("[data-word]")) element.textContent = say(element.dataset.word);
  for (const element of root.querySelectorAll("[data-word-label]")) element.setAttribute("aria-label", say(element.dataset.wordLabel));
  for (const element of root.querySelectorAll("[data-word-hint]")) element.setAttribute("placeholder", say(element.dataset.wordHint));
}

export function onLanguage(listener) {
  listeners.push(listener);
}

// Resolves once the page speaks the language of the document, else English. Only the sentences of the one that is spoken are loaded.
export async function startLanguage(select) {
  for (const [one, { name }] of Object.entries(CATALOGUES)) {
    const option = new Option(name, one);
    option.lang = one;
    select.append(option);
  }
  select.addEventListener("change", () => {
    remember("language", select.value);
    speak(select);
  });
  const { lang } = document.documentElement;
  select.value = Object.hasOwn(CATALOGUES, lang) ? lang : FALLBACK;
  await speak(select);
}

async function speak(select) {
  const chosen = select.value;
  const loaded = await CATALOGUES[chosen].words();
  // Another was chosen meanwhile: until that one is spoken there are no sentences.
  if (chosen !== select.value) return speak(select);
  code = chosen;
  words = loaded.default;
  document.documentElement.lang = code;
  translate(document);
  for (const listener of listeners) listener();
}
