// Search, grouping and order of what is shown, and a way back to all.

import { genreName, number, onLanguage, say } from "../text/language.js";
import { choice, shown } from "../session/selection.js";
import { folderOf } from "../session/folders.js";
import { FAILED, all, count, onWorks, total } from "../session/works.js";

const element = (id) => document.getElementById(id);
const listeners = [];

// listener() when another choice was made.
export function onChoice(listener) {
  listeners.push(listener);
}

export function refresh() {
  for (const listener of listeners) listener();
  showCount();
}

export function startFilters() {
  for (const [id, key] of [["search", "search"], ["group", "group"], ["sort", "by"], ["only", "only"]]) {
    element(id).addEventListener("input", (event) => {
      choice[key] = event.target.value;
      if (key === "by") choice.descending = ["confidence", "certain", "typicality", "time"].includes(choice.by);
      refresh();
    });
  }
  element("reverse").addEventListener("click", () => {
    choice.descending = !choice.descending;
    refresh();
  });
  element("show-all").addEventListener("click", () => {
    Object.assign(choice, { search: "", genre: "", only: "" });
    element("search").value = "";
    refresh();
    element("search").focus();
  });
  onWorks(showCount);
  onLanguage(showCount);
}

function showCount() {
  const works = shown().length;
  const most = total() - count(FAILED);
  const narrowed = Boolean(choice.search.trim() || choice.genre || choice.only);
  element("shown").textContent = say("filter.shown", { shown: number(works), total: number(most) });
  element("show-all").hidden = !narrowed;
  const parts = [choice.genre && genreName(choice.genre), choice.only && say(`only.${choice.only}`)].filter(Boolean);
  element("narrowed").textContent = parts.join(" · ");
  element("only").value = choice.only;
  element("by-folder").hidden = !all().some(folderOf);
  element("sort").value = choice.by;
  element("reverse").setAttribute("aria-pressed", String(choice.descending));
}
