// What a screen reader is told: one sentence for one answer, a sum where several came at once.

import { genreName, percent, say } from "../text/language.js";
import { ANSWERED, FAILED, SENDING, WAITING, count, onWork } from "../session/works.js";

const PAUSE_MS = 700;

let told = new Map();
let news = [];
let timer = null;

export function startAnnouncing() {
  onWork((work, happened) => {
    if (happened === "removed") told.delete(work.id);
    if (happened !== "changed" || told.get(work.id) === work.state) return;
    told.set(work.id, work.state);
    if (work.state !== ANSWERED && work.state !== FAILED) return;
    news.push(work);
    timer ??= setTimeout(tell, PAUSE_MS);
  });
}

export function announce(text) {
  document.getElementById("live").textContent = text;
}

function tell() {
  const [first] = news;
  announce(news.length === 1 ? one(first) : say("live.several", { count: news.length, left: count(WAITING, SENDING) }));
  news = [];
  timer = null;
}

function one(work) {
  if (work.state === FAILED) return say("live.failed", { file: work.name, sentence: say(work.failure.word, work.failure.values) });
  const { image_types_prediction: genre, confidence } = work.answer;
  return say("live.answered", { file: work.name, genre: genreName(genre), share: percent(confidence) });
}
