// The bar of the sessions: which is open, a new one, its name, its file, and its removal; and the sentence after a reload.

import { change, create, current, list, onSession, removeOpen, rename, take } from "../session/session.js";
import { forgetSteps } from "../session/verdicts.js";
import { moment, number, onLanguage, say } from "../text/language.js";
import { askForText, confirmed } from "./question.js";

const element = (id) => document.getElementById(id);
let news = null;

// What is asked before the session is open waits for it.
export function startSessions(opened) {
  const on = (id, kind, action) =>
    element(id).addEventListener(kind, async ({ target }) => {
      await opened;
      await action(target);
    });
  onSession((told) => {
    news = told;
    show();
  });
  onLanguage(show);
  on("session", "change", ({ value }) => step(() => change(value)));
  on("session-new", "click", async () => {
    const name = await askForText(say("session.newName"), "");
    if (name !== null) await step(() => create(name));
  });
  on("session-rename", "click", async () => {
    const name = await askForText(say("session.newName"), current().name);
    if (name !== null) await rename(name);
  });
  on("session-remove", "click", async () => {
    if (await confirmed(say("session.removeSure", { name: nameOf(current()) }), say("session.remove"))) await step(removeOpen);
    element("choose").focus();
  });
  on("session-save", "click", async () => {
    const [{ sessionFile }, { save }] = await Promise.all([import("../session/file.js"), import("../export/download.js")]);
    save(await sessionFile(current()), `${fileName(current())}.ragam.jsonl`);
  });
  on("session-file", "change", async (input) => {
    const [file] = input.files;
    input.value = "";
    if (file) await open(file);
  });
  // One that was chosen before.
  const picker = element("session-file");
  if (picker.files.length) picker.dispatchEvent(new Event("change"));
}

async function open(file) {
  element("restored").hidden = false;
  element("restored-text").textContent = say("session.opening", { file: file.name });
  let read;
  try {
    const { readSession } = await import("../session/file.js");
    read = await readSession(file);
  } catch {
    element("restored-text").textContent = say("session.unreadable", { file: file.name });
    return;
  }
  const name = await nameApart(read);
  await step(() => take({ ...read, name }));
}

async function step(action) {
  forgetSteps();
  try {
    await action();
  } catch {
    // Its database lets nothing be written.
    news = { restored: 0, kept: false, behind: true };
    show();
  }
}

function sentences({ restored, kept, unread = 0, behind = false, caughtUp = false }) {
  if (!kept) return say(behind ? "session.behind" : "session.notKept");
  const said = [
    restored && say("session.restored", { count: number(restored) }),
    unread && say("session.unread", { count: number(unread) }),
    caughtUp && say("session.caughtUp"),
  ];
  return said.filter(Boolean).join(" ");
}

function nameOf(session) {
  return session.name || say("session.of", { date: moment(new Date(session.created)) });
}

// A session that is opened beside one of its name, as its own copy, gets a number: by the name they could not be told apart.
async function nameApart(read) {
  const taken = new Set((await list()).map(nameOf));
  const name = nameOf(read);
  if (!taken.has(name)) return read.name;
  const apart = (count) => `${name} (${number(count)})`;
  let count = 2;
  while (taken.has(apart(count))) count += 1;
  return apart(count);
}

function fileName(session) {
  return (session.name || "ragam").replaceAll(/[^\p{L}\p{N} ._-]/gu, "_");
}

async function show() {
  if (!current()) return;
  const text = news ? sentences(news) : "";
  element("restored").hidden = !text;
  element("restored-text").textContent = text;
  const known = await list();
  const select = element("session");
  const options = known.map((one) => new Option(nameOf(one), one.id, false, one.id === current().id));
  select.replaceChildren(...options);
  select.hidden = known.length === 0;
}
