// How far the whole lot is, how long the rest takes, and what can be done with all of it: pause, stop, retry.

import { duration, number, onLanguage, say } from "../text/language.js";
import { isWaitingForService, isPaused, pause, retriable, retry, stop } from "../service/queue.js";
import { ANSWERED, FAILED, SENDING, STOPPED, WAITING, count, inState, onWork, onWorks, total } from "../session/works.js";

const element = (id) => document.getElementById(id);

// The last answers tell the rate: older ones may be of another network or a busier service.
const RECENT = 40;
const ENOUGH = 5;
let answered = [];

export function startProgress() {
  onWork((work, happened) => {
    if (happened === "changed" && work.state === ANSWERED && work.control === null && work.sent && !work.counted) {
      work.counted = true;
      answered = [...answered.slice(1 - RECENT), performance.now()];
    }
  });
  onWorks(showProgress);
  onLanguage(showProgress);
  element("pause").addEventListener("click", () => {
    answered = [];
    pause(!isPaused());
    showProgress();
  });
  element("stop").addEventListener("click", () => {
    // Those that wait first, or each that is under way would make room for one of them.
    for (const work of [...inState(WAITING), ...inState(SENDING)]) stop(work);
    pause(false);
    element("works-title").focus();
  });
  element("retry").addEventListener("click", () => {
    for (const work of retriable()) retry(work);
    pause(false);
    element("works-title").focus();
  });
}

// Null until enough answers have come to tell.
function remaining(left) {
  if (isPaused() || isWaitingForService() || answered.length < ENOUGH) return null;
  const seconds = (performance.now() - answered[0]) / 1000 / answered.length;
  return left * seconds;
}

export function showProgress() {
  const left = count(WAITING, SENDING);
  const done = count(ANSWERED);
  const again = retriable().length;
  // Time without work tells nothing of the next lot.
  if (!left || isWaitingForService()) answered = [];
  const [failed, stopped] = [count(FAILED), count(STOPPED)];
  const progress = element("progress");
  progress.max = Math.max(1, total());
  progress.value = total() - left;
  progress.hidden = left === 0;
  const seconds = left ? remaining(left) : null;
  element("count").textContent = [
    say("progress.answered", { answered: number(done), total: number(total()) }),
    left && (seconds === null ? say("progress.left", { count: number(left) }) : say("progress.time", { time: duration(seconds) })),
    left && isPaused() && say("progress.paused"),
    left && isWaitingForService() && say("progress.away"),
    failed && say("progress.failed", { count: number(failed) }),
    stopped && say("progress.stopped", { count: number(stopped) }),
  ]
    .filter(Boolean)
    .join(" · ");
  element("pause").hidden = left === 0;
  element("pause").textContent = say(isPaused() ? "progress.resume" : "progress.pause");
  element("stop").hidden = left === 0;
  element("retry").hidden = again === 0;
  element("retry").textContent = say("progress.retry", { count: number(again) });
  if (!left && isPaused()) pause(false);
}
