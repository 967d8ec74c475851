// The pictures that have no answer, each with its reason, and a retry for those whose reason may pass.

import { number, onLanguage, say } from "../text/language.js";
import { isLost } from "../service/failures.js";
import { pump, retry } from "../service/queue.js";
import { FAILED, inState, onWorks, remove } from "../session/works.js";

const MOST = 200;

export function startLeftOut() {
  onWorks(showLeftOut);
  onLanguage(showLeftOut);
  document.getElementById("left-out-remove").addEventListener("click", () => {
    for (const work of inState(FAILED)) remove(work);
    document.getElementById("works-title").focus();
  });
}

let signature = "";

function showLeftOut() {
  const works = inState(FAILED);
  const place = document.getElementById("left-out");
  place.hidden = works.length === 0;
  const now = `${document.documentElement.lang} ${works.map((work) => `${work.id}${work.failure?.word}`).join(" ")}`;
  if (now === signature) return;
  signature = now;
  document.getElementById("left-out-title").textContent = say("leftOut.title", { count: number(works.length) });
  const list = document.getElementById("left-out-list");
  list.replaceChildren(...works.slice(0, MOST).map(entry));
  const more = document.getElementById("left-out-more");
  more.hidden = works.length <= MOST;
  more.textContent = say("leftOut.more", { count: number(works.length - MOST) });
}

function entry(work) {
  const item = document.createElement("li");
  item.dataset.file = work.name;
  const name = document.createElement("b");
  name.textContent = work.path;
  const reason = document.createElement("span");
  reason.className = "reason";
  reason.textContent = work.failure ? say(work.failure.word, work.failure.values) : say("reason.lost");
  item.append(name, " ", reason);
  // A reason is told once: in the service's words only where the page has none.
  if (work.failure?.detail && work.failure.known === false) {
    const detail = document.createElement("span");
    detail.className = "detail";
    // The service's sentences are English.
    detail.lang = "en";
    detail.textContent = work.failure.detail;
    item.append(" ", detail);
  }
  if (work.failure?.passing) {
    const again = () => {
      retry(work);
      pump();
    };
    item.append(" ", button("leftOut.retry", "leftOut.retryOne", work, again));
  }
  // A page may not open a file by itself: the person chooses it, and it takes the place that it had.
  if (isLost(work)) item.append(" ", button("leftOut.choose", "leftOut.chooseOne", work, () => document.getElementById("choose").click()));
  return item;
}

function button(text, label, work, action) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "plain";
  made.textContent = say(text);
  made.setAttribute("aria-label", say(label, { file: work.name }));
  made.addEventListener("click", action);
  return made;
}
