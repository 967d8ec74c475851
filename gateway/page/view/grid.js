// The grid of many pictures: only what can be seen is in the document. One picture is the current one: it has the tab stop, arrow keys go
// on from it, and the keys of the verdicts are about it.

import { groups } from "../session/selection.js";
import { onWorks, work as byId } from "../session/works.js";
import { onLanguage } from "../text/language.js";
import { announce } from "./announce.js";
import { arrange, between, box, neighbour } from "./arrangement.js";
import { makeHeading, showHeading } from "./heading.js";
import { letGo, makeTile, placeTile, showTile } from "./tile.js";
import { verdictKey, verdictMark } from "./verdict.js";

const MARGIN = 600;
const KEYS = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"];

let place = null;
let arrangement = null;
let current = null;
let open = () => {};
const headings = new Map();
const tiles = new Map();

// open(id): a picture is to be looked at.
export function startGrid(openLook) {
  place = document.getElementById("grid");
  open = openLook;
  onWorks(showGrid);
  onLanguage(showGrid);
  let due = false;
  const later = (full) => () => {
    if (due) return;
    due = true;
    requestAnimationFrame(() => {
      due = false;
      if (full) showGrid();
      else draw();
    });
  };
  addEventListener("scroll", later(false), { passive: true });
  new ResizeObserver(later(true)).observe(place);
  place.addEventListener("click", (event) => {
    const tile = event.target.closest(".tile");
    if (!tile) return;
    current = Number(tile.dataset.id);
    open(current);
  });
  place.addEventListener("focusin", (event) => {
    const id = Number(event.target.closest(".tile")?.dataset.id);
    if (!id || id === current) return;
    current = id;
    draw();
  });
  place.addEventListener("keydown", keyed);
}

export function showGrid() {
  if (!place || place.hidden || !place.clientWidth) return;
  const focused = place.contains(document.activeElement) && document.activeElement.classList.contains("tile");
  const before = focused ? placeOf(current) : null;
  arrangement = arrange(groups(), place.clientWidth);
  showHeadings();
  if (!arrangement.places.has(current)) current = arrangement.groups[0]?.works[0]?.id ?? null;
  place.style.height = `${arrangement.height}px`;
  draw();
  // The picture that is worked on stays where it was on the screen when others come before it.
  const after = before && placeOf(current);
  if (after && after.y !== before.y) scrollBy({ top: after.y - before.y, behavior: "instant" });
}

export function focusOn(id) {
  if (!arrangement?.places.has(id)) {
    place.querySelector(".tile")?.focus();
    return;
  }
  current = id;
  const at = placeOf(id);
  const top = place.getBoundingClientRect().top + at.y;
  if (top < 90 || top + at.height > innerHeight - 20) scrollBy({ top: top - innerHeight / 3, behavior: "instant" });
  draw();
  tiles.get(id)?.button.focus({ preventScroll: true });
}

function placeOf(id) {
  const at = arrangement?.places.get(id);
  if (!at) return null;
  const inside = box(arrangement, at.index);
  return { y: arrangement.groups[at.group].top + inside.y, height: inside.height };
}

function draw() {
  if (!arrangement) return;
  const offset = -place.getBoundingClientRect().top;
  const [from, to] = [offset - MARGIN, offset + innerHeight + MARGIN];
  const seen = new Set();
  const held = document.activeElement === tiles.get(current)?.button;
  for (const [index, group] of arrangement.groups.entries()) {
    const holds = arrangement.places.get(current)?.group === index;
    if ((group.top > to || group.top + group.height < from) && !holds) continue;
    const [first, last] = between(arrangement, group, from, to);
    const shown = new Set(Array.from({ length: Math.max(0, last - first) }, (_, at) => first + at));
    // The current one is always there: it holds the tab stop, and perhaps the focus.
    if (holds) shown.add(arrangement.places.get(current).index);
    let before = null;
    for (const at of [...shown].sort((a, b) => a - b)) {
      seen.add(group.works[at].id);
      before = tileAt(headings.get(group.key).list, group, at, before);
    }
  }
  for (const [id, tile] of tiles) if (!seen.has(id)) tiles.delete(id) && letGo(tile);
  // Only now: the picture that has the focus may have been in one of them.
  const keys = new Set(arrangement.groups.map((group) => group.key));
  for (const [key, { section }] of headings) if (!keys.has(key)) headings.delete(key) && section.remove();
  if (held) tiles.get(current)?.button.focus({ preventScroll: true });
}

// Headings are few, and who reads by headings finds all of them: they are all there.
function showHeadings() {
  let before = null;
  for (const group of arrangement.groups) {
    if (!headings.has(group.key)) headings.set(group.key, makeHeading((works) => focusOn(works[0].id)));
    const heading = headings.get(group.key);
    showHeading(heading, group);
    inOrder(place, heading.section, before);
    before = heading.section;
  }
}

// Reading goes by the document's order, so that is the order seen.
function inOrder(parent, element, after) {
  const next = after ? after.nextSibling : parent.firstChild;
  if (element !== next) parent.insertBefore(element, next);
}

function tileAt(list, group, index, before) {
  const work = group.works[index];
  const tile = tiles.get(work.id) ?? makeTile();
  tiles.set(work.id, tile);
  placeTile(tile, box(arrangement, index), group.works.length, index, work.id === current);
  showTile(tile, work);
  inOrder(list, tile.item, before);
  return tile.item;
}

function keyed(event) {
  if (!event.target.classList.contains("tile")) return;
  if (KEYS.includes(event.key) && !event.altKey && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    focusOn(neighbour(arrangement, current, event.key));
    return;
  }
  const done = verdictKey(event, byId(current));
  if (!done) return;
  event.preventDefault();
  if (done.did === "undo" && done.works?.[0]) focusOn(done.works[0].id);
  else if (done.did === "verdict") announce(verdictMark(byId(current)));
}
