// The field for the name of whoever judges.

import { reviewer, setReviewer } from "../session/reviewer.js";

export function startReviewer() {
  const field = document.getElementById("reviewer");
  field.value = reviewer();
  field.addEventListener("input", () => setReviewer(field.value));
}
