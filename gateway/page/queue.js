// Which picture is sent when: at most four at a time, again after the wait that the service asks for, and never after a cancel.

import { failure } from "./failures.js";
import { askForKey, key } from "./key.js";
import { send } from "./send.js";
import { ANSWERED, CANCELLED, FAILED, SENDING, WAITING, change, inState } from "./works.js";

export const AT_ONCE = 4;
export const TRIES = 4;
const LONGEST_WAIT_SECONDS = 120;

let timer = null;
let asking = false;

// Starts what can be started now, and comes back when the next picture is due.
export function pump() {
  clearTimeout(timer);
  if (asking) return;
  const waiting = inState(WAITING);
  const now = Date.now();
  const due = waiting.filter((work) => !work.again || work.again <= now);
  // The wait that one was told is for all: no other is sent in its place.
  const wait = Math.max(0, ...waiting.filter((work) => work.again > now).map((work) => work.again - now));
  if (wait) {
    timer = setTimeout(pump, wait);
    return;
  }
  for (const work of due.slice(0, AT_ONCE - inState(SENDING).length)) ask(work);
}

export function cancel(work) {
  work.control?.abort();
  change(work, { state: CANCELLED, again: null, control: null });
  pump();
}

export function retry(work) {
  change(work, { state: WAITING, tries: 0, again: null, failure: null, sent: 0 });
  pump();
}

async function ask(work) {
  const control = new AbortController();
  change(work, { state: SENDING, sent: 0, tries: work.tries + 1, again: null, control });
  const used = key();
  let answer;
  try {
    const onSent = (sent) => change(work, { sent });
    answer = await send("POST", "/prediction?details=true&similar=true", { file: work.file, signal: control.signal, onSent });
  } catch {
    return; // Cancelled or taken down: whoever did it has said so.
  }
  if (answer.status === 200 && answer.data) {
    change(work, { state: ANSWERED, answer: answer.data, time: new Date(), control: null });
  } else if (answer.status === 401) {
    await needKey(work, answer, used);
  } else if (canWait(work, answer)) {
    change(work, { state: WAITING, again: new Date(Date.now() + waitSeconds(work, answer) * 1000), failure: failure(answer), control: null });
  } else {
    change(work, { state: FAILED, failure: failure(answer), control: null });
  }
  pump();
}

function canWait(work, answer) {
  return [429, 503].includes(answer.status) && work.tries < TRIES && waitSeconds(work, answer) <= LONGEST_WAIT_SECONDS;
}

// What the service asked for, else a second, two, four.
function waitSeconds(work, answer) {
  return answer.retryAfter ?? 2 ** (work.tries - 1);
}

async function needKey(work, answer, used) {
  change(work, { state: WAITING, control: null });
  if (asking) return; // The dialog is open already: all who wait go on with its key, or fail with this one.
  if (used !== key()) return; // Refused with what has been replaced since.
  asking = true;
  const given = await askForKey(key() !== "");
  asking = false;
  if (!given) for (const other of inState(WAITING)) change(other, { state: FAILED, failure: failure(answer) });
}
