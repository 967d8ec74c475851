// A question in a dialog of the page's own: a name, or yes or no.

import { say } from "../text/language.js";

const element = (id) => document.getElementById(id);

// Resolves to the text, or null where it was left.
export function askForText(question, value) {
  return ask(question, say("question.ok"), value);
}

export async function confirmed(question, action) {
  return (await ask(question, action, null)) !== null;
}

function ask(question, action, value) {
  const dialog = element("question-dialog");
  const input = element("question-value");
  element("question-text").textContent = question;
  element("question-ok").textContent = action;
  input.hidden = value === null;
  input.value = value ?? "";
  dialog.returnValue = "";
  dialog.showModal();
  if (value !== null) input.select();
  element("question-cancel").onclick = () => dialog.close("");
  dialog.querySelector("form").onsubmit = (event) => {
    // The policy lets no form be sent; this one never is.
    event.preventDefault();
    dialog.close("ok");
  };
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "ok" ? input.value.trim() : null), { once: true });
  });
}
