// The heading of a group in the grid: its name, how many it has, and a button that judges all that have no verdict yet.

import { NONE, agree, judge } from "../session/verdicts.js";
import { notPainting } from "../session/certainty.js";
import { groupName } from "../session/selection.js";
import { ANSWERED } from "../session/works.js";
import { genreName, number, say, together } from "../text/language.js";
import { confirmed } from "./question.js";

// To agree with it would give each of them the genre that it has not.
const NOT_PAINTING = "notPainting";
// Of these every answer is to be looked at.
const UNCERTAIN = "uncertain";
let made = 0;

// judged(works) after all of a group were.
export function makeHeading(judged) {
  const section = document.createElement("section");
  const title = document.createElement("h3");
  const button = document.createElement("button");
  const list = document.createElement("ul");
  const heading = { section, title, button, list, key: "", works: [], beside: 0 };
  made += 1;
  title.id = `group-${made}`;
  section.setAttribute("aria-labelledby", title.id);
  list.setAttribute("role", "list");
  button.type = "button";
  button.className = "plain";
  button.addEventListener("click", async () => {
    const { key, works, beside } = heading;
    const rejects = key === NOT_PAINTING;
    if (!(await confirmed(question(rejects, works, beside), say(rejects ? "group.rejectSure" : "group.agreeSure")))) return;
    if (rejects) judge(works, NONE);
    else agree(works);
    judged(works);
  });
  section.append(title, button, list);
  return heading;
}

export function showHeading(heading, { key, works, top }) {
  const { section, title, button } = heading;
  section.style.transform = `translateY(${top}px)`;
  write(title, say("group.count", { group: groupName(key), count: number(works.length) }));
  heading.key = key;
  const open = works.filter((work) => work.state === ANSWERED && !work.verdict);
  heading.works = key === NOT_PAINTING ? open : open.filter((work) => !notPainting(work.answer));
  heading.beside = open.length - heading.works.length;
  button.hidden = key === UNCERTAIN || heading.works.length === 0;
  write(button, say(key === NOT_PAINTING ? "group.reject" : "group.agree", { count: number(heading.works.length) }));
}

// What one agrees with, and how much of it the model itself is not certain of.
function question(rejects, works, beside) {
  const count = number(works.length);
  if (rejects) return say("group.rejectWhat", { count });
  const sizes = new Map();
  for (const { answer } of works) sizes.set(answer.image_types_prediction, (sizes.get(answer.image_types_prediction) ?? 0) + 1);
  const genres = [...sizes].sort((a, b) => b[1] - a[1]).map(([genre, size]) => say("group.count", { group: genreName(genre), count: number(size) }));
  const uncertain = works.filter((work) => work.answer.certain === false);
  const shares = uncertain.map((work) => work.answer.expected_accuracy).filter((share) => share !== undefined);
  const right = Math.round((100 * shares.reduce((sum, share) => sum + share, 0)) / shares.length);
  const sentences = [
    say("group.agreeWhat", { count, genres: together(genres) }),
    uncertain.length && say("group.agreeUncertain", { uncertain: number(uncertain.length) }),
    shares.length && say("group.agreeRight", { right }),
    beside && say("group.agreeBeside", { count: number(beside) }),
  ];
  return sentences.filter(Boolean).join(" ");
}

// A text that is set anew is laid out anew, even where it is the same.
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
