// The pictures of this visit, in the order hung, and what is known of each. Whoever changes one tells all who listen.
//
// A work: id, file (as chosen, never altered), name, state, sent (0 to 1), tries, again (Date or null: when it is sent again),
// answer (the data of /prediction?details=true&similar=true), failure (of failures.js), time (Date of the answer), thumbnail (URL, or null), heat
// (null, or what heat.js says of it), control (an AbortController while it is under way) and gone (taken down).

export const WAITING = "waiting";
export const SENDING = "sending";
export const ANSWERED = "answered";
export const FAILED = "failed";
export const CANCELLED = "cancelled";

const works = [];
const listeners = [];
let next = 1;

export function all() {
  return works;
}

export function inState(...states) {
  return works.filter((work) => states.includes(work.state));
}

// listener(work, happened), with happened one of "hung", "changed", "taken down".
export function onWork(listener) {
  listeners.push(listener);
}

export function hang(file) {
  const work = {
    id: next++,
    file,
    name: file.name,
    state: WAITING,
    sent: 0,
    tries: 0,
    again: null,
    answer: null,
    failure: null,
    time: null,
    thumbnail: null,
    heat: null,
    control: null,
    gone: false,
  };
  works.push(work);
  tell(work, "hung");
  return work;
}

export function change(work, fields) {
  Object.assign(work, fields);
  if (works.includes(work)) tell(work, "changed");
}

export function takeDown(work) {
  works.splice(works.indexOf(work), 1);
  work.gone = true;
  work.control?.abort();
  tell(work, "taken down");
}

function tell(work, happened) {
  for (const listener of listeners) listener(work, happened);
}
