// One sentence on how many pictures were converted before they were sent, and what that saved.

import { megabytes, number, onLanguage, say } from "../text/language.js";
import { all, onWorks } from "../session/works.js";

export function startConverted() {
  onWorks(show);
  onLanguage(show);
}

function show() {
  const converted = all().filter((work) => work.converted);
  const place = document.getElementById("converted");
  place.hidden = converted.length === 0;
  const sum = (of) => megabytes(converted.reduce((total, work) => total + work.converted[of], 0));
  if (converted.length) place.textContent = say("converted.many", { count: number(converted.length), bytes: sum("bytes"), sent: sum("sent") });
}
