// Which picture is sent when: at most four at a time, again after the wait that the service asks for, and none while paused.

import { prepared } from "../picture/convert.js";
import { ANSWERED, FAILED, SENDING, STOPPED, WAITING, change, count, inState } from "../session/works.js";
import { answerOf } from "./answer.js";
import { failure, isAway, mayReduce } from "./failures.js";
import { askForKey, key } from "./key.js";
import { send } from "./send.js";

export const AT_ONCE = 4;
// What is sent again, and when, is the rule in docs/interface.md.
export const TRIES = 6;
const LONGEST_WAIT_SECONDS = 300;
const LONGEST_PAUSE_SECONDS = 16;

let timer = null;
let asking = false;
let paused = false;

export function isPaused() {
  return paused;
}

export function pause(on) {
  paused = on;
  pump();
}

// Whether the service did not answer when it was last asked, so that all wait until it does.
export function isWaitingForService() {
  return inState(WAITING).some((work) => work.again && work.failure?.away);
}

// Starts what can be started now, and comes back when the next picture is due.
export function pump() {
  clearTimeout(timer);
  if (asking || paused) return;
  const room = AT_ONCE - count(SENDING);
  if (room <= 0) return;
  const now = Date.now();
  const waiting = inState(WAITING);
  // The wait that one was told is for all: no other is sent in its place.
  const wait = waiting.reduce((longest, work) => (work.again > now ? Math.max(longest, work.again - now) : longest), 0);
  if (wait) {
    timer = setTimeout(pump, wait);
    return;
  }
  for (const work of waiting.slice(0, room)) ask(work);
}

export function stop(work) {
  work.control?.abort();
  change(work, { state: STOPPED, again: null, control: null });
}

export function retry(work) {
  change(work, { state: WAITING, tries: 0, again: null, failure: null, sent: 0 });
}

// What a retry may help: what was stopped, and what failed for a reason that may pass.
export function retriable() {
  return [...inState(STOPPED), ...inState(FAILED).filter((work) => work.failure?.passing)];
}

async function ask(work, reduce = false) {
  const control = new AbortController();
  change(work, { state: SENDING, sent: 0, tries: work.tries + 1, again: null, control });
  const used = key();
  let answer;
  let body;
  try {
    body = await prepared(work, reduce);
    if (control.signal.aborted) {
      pump();
      return;
    }
    if (body.failure) {
      change(work, { state: FAILED, failure: body.failure, control: null });
      pump();
      return;
    }
    const onSent = (sent) => change(work, { sent });
    answer = await send("POST", "prediction?details=true&similar=true", { ...body, signal: control.signal, onSent });
  } catch {
    pump();
    return; // Stopped or removed: whoever did it has said so.
  }
  const told = answer.status === 200 ? answerOf(answer.data) : null;
  if (told) {
    change(work, { state: ANSWERED, answer: told, failure: null, time: new Date().toISOString(), control: null });
  } else if (answer.status === 401) {
    await needKey(work, answer, used);
  } else if (mayReduce(answer) && !reduce && !work.upload) {
    await ask(work, true);
    return;
  } else {
    await putOff(work, answer, control.signal);
  }
  pump();
}

async function putOff(work, answer, signal) {
  const later = await mayComeLater(work, answer);
  if (signal.aborted) return;
  // A service that is away may ask for no wait, or for one that no clock has.
  const least = work.tries < TRIES ? 0 : LONGEST_PAUSE_SECONDS;
  const wait = Math.min(LONGEST_WAIT_SECONDS, Math.max(least, waitSeconds(work, answer)));
  const again = new Date(Date.now() + wait * 1000);
  change(work, { ...(later ? { state: WAITING, again } : { state: FAILED }), failure: failure(answer), control: null });
}

// A service that is away is waited for. Where it is there and the request fails all the same, it is the picture's own: its file is gone, say.
async function mayComeLater(work, answer) {
  const again = work.tries < TRIES && waitSeconds(work, answer) <= LONGEST_WAIT_SECONDS;
  if (isAway(answer)) return again || isAway(await send("GET", "genres"));
  return again && [429, 503].includes(answer.status);
}

// What the service asked for, else a second, two, four.
function waitSeconds(work, answer) {
  return answer.retryAfter ?? Math.min(LONGEST_PAUSE_SECONDS, 2 ** (work.tries - 1));
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
