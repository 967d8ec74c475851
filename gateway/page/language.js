// Indonesian and English: the words of both, the choice, and figures as each writes them.

import { remember } from "./memory.js";
import en from "./words/en.js";
import id from "./words/id.js";

const WORDS = { en, id };
const listeners = [];

export function language() {
  return document.documentElement.lang;
}

// The words for a key, with {name} replaced by values.name.
export function say(key, values = {}) {
  return WORDS[language()][key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

export function percent(share) {
  return new Intl.NumberFormat(language(), { style: "percent", maximumFractionDigits: 0 }).format(share);
}

// "a, b and c"
export function together(names) {
  return new Intl.ListFormat(language(), { type: "conjunction" }).format(names);
}

export function moment(date) {
  return new Intl.DateTimeFormat(language(), { dateStyle: "short", timeStyle: "short" }).format(date);
}

// The elements below `root` that name a word get it.
export function translate(root) {
  for (const element of root.querySelectorAll("[data-word]")) element.textContent = say(element.dataset.word);
  for (const element of root.querySelectorAll("[data-word-label]")) element.setAttribute("aria-label", say(element.dataset.wordLabel));
}

export function onLanguage(listener) {
  listeners.push(listener);
}

export function startLanguage(buttons) {
  const show = () => {
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.language === language()));
    translate(document);
    for (const listener of listeners) listener();
  };
  for (const button of buttons) {
    button.addEventListener("click", () => {
      document.documentElement.lang = button.dataset.language;
      remember("language", button.dataset.language);
      show();
    });
  }
  show();
}
