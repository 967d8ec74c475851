// How far the whole lot is, and what can be done with all of it.

import { onLanguage, say } from "./language.js";
import { cancel, retry } from "./queue.js";
import { ANSWERED, CANCELLED, FAILED, SENDING, WAITING, all, inState, onWork, takeDown } from "./works.js";

export function startProgress() {
  onWork(showProgress);
  onLanguage(showProgress);
  document.getElementById("cancel-all").addEventListener("click", () => {
    // Those that wait first, or each that is under way would make room for one of them.
    for (const work of [...inState(WAITING), ...inState(SENDING)]) cancel(work);
    document.getElementById("works-title").focus();
  });
  document.getElementById("retry-all").addEventListener("click", () => {
    for (const work of inState(FAILED, CANCELLED)) retry(work);
    document.getElementById("works-title").focus();
  });
  document.getElementById("clear").addEventListener("click", () => {
    for (const work of [...all()]) takeDown(work);
    document.getElementById("choose").focus();
  });
}

function showProgress() {
  const total = all().length;
  const answered = inState(ANSWERED).length;
  const failed = inState(FAILED).length;
  const cancelled = inState(CANCELLED).length;
  const under = inState(WAITING, SENDING).length;
  document.getElementById("works").hidden = total === 0;
  // Once something hangs, it comes first, and the empty frame makes room.
  document.body.classList.toggle("hung", total > 0);
  const progress = document.getElementById("progress");
  progress.max = Math.max(1, total);
  progress.value = total - under;
  progress.hidden = under === 0;
  document.getElementById("count").textContent = [
    say("progress.answered", { answered, total }),
    under && say("progress.under", { count: under }),
    failed && say("progress.failed", { count: failed }),
    cancelled && say("progress.cancelled", { count: cancelled }),
  ]
    .filter(Boolean)
    .join(" · ");
  document.getElementById("cancel-all").hidden = under === 0;
  document.getElementById("retry-all").hidden = failed + cancelled === 0;
  document.getElementById("clear").hidden = total === 0 || under > 0;
}
