// Who judges, as the person has written it: kept in this browser, and in the verdicts that are given from then on.

import { remember, remembered } from "../text/memory.js";

let name = remembered("reviewer") ?? "";

export function reviewer() {
  return name;
}

export function setReviewer(text) {
  name = text.trim();
  remember("reviewer", name);
}
