// The heading of a group in the grid: its name, how many it has, and a button that judges all that have no verdict yet.

import { NONE, agree, judge } from "../session/verdicts.js";
import { ANSWERED } from "../session/works.js";
import { genreName, has, number, say } from "../text/language.js";

// To agree with it would give each of them the genre that it has not.
const NOT_PAINTING = "notPainting";
let made = 0;

export function makeHeading() {
  const section = document.createElement("section");
  const title = document.createElement("h3");
  const button = document.createElement("button");
  const list = document.createElement("ul");
  const heading = { section, title, button, list, key: "", works: [] };
  made += 1;
  title.id = `group-${made}`;
  section.setAttribute("aria-labelledby", title.id);
  list.setAttribute("role", "list");
  button.type = "button";
  button.className = "plain";
  button.addEventListener("click", () => (heading.key === NOT_PAINTING ? judge(heading.works, NONE) : agree(heading.works)));
  section.append(title, button, list);
  return heading;
}

export function showHeading(heading, { key, works, top }) {
  const { section, title, button } = heading;
  section.style.transform = `translateY(${top}px)`;
  const name = has(`group.${key}`) ? say(`group.${key}`) : genreName(key);
  write(title, say("group.count", { group: name, count: number(works.length) }));
  heading.key = key;
  heading.works = works.filter((work) => work.state === ANSWERED && !work.verdict);
  button.hidden = heading.works.length === 0;
  write(button, say(key === NOT_PAINTING ? "group.reject" : "group.agree", { count: number(heading.works.length) }));
}

// A text that is set anew is laid out anew, even where it is the same.
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
