// The wall: a card for each work, in the order hung. Keeps the focus where a person can go on when a card goes.

import { makeCard, showCard } from "./card.js";
import { onLanguage } from "./language.js";
import { WAITING, all, inState, onWork } from "./works.js";

const cards = new Map();

export function startWall() {
  const wall = document.getElementById("wall");
  onWork((work, happened) => {
    if (happened === "hung") {
      cards.set(work.id, makeCard(work));
      wall.append(cards.get(work.id));
    }
    if (happened === "taken down") lower(work);
    else showCard(cards.get(work.id), work);
  });
  onLanguage(showAll);
  // A card that waits for the service counts the seconds.
  setInterval(() => inState(WAITING).filter((work) => work.again).forEach((work) => showCard(cards.get(work.id), work)), 1000);
}

function showAll() {
  for (const work of all()) showCard(cards.get(work.id), work);
}

function lower(work) {
  const card = cards.get(work.id);
  const next = card.nextElementSibling ?? card.previousElementSibling;
  const focused = card.contains(document.activeElement);
  card.remove();
  cards.delete(work.id);
  if (focused) (next?.querySelector("h3") ?? document.getElementById("choose")).focus();
}
