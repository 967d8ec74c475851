// The key of a service that wants one: asked for once, kept until the tab is closed.

import { say } from "../text/language.js";

const NAME = "ragam.key";
let held = "";

export function key() {
  try {
    return sessionStorage.getItem(NAME) ?? held;
  } catch {
    return held;
  }
}

// Asks in a dialog. Resolves to whether a key was given.
export function askForKey(refused) {
  const dialog = document.getElementById("key");
  const input = document.getElementById("key-value");
  input.value = "";
  input.setCustomValidity("");
  document.getElementById("key-why").textContent = say(refused ? "key.refused" : "key.why");
  dialog.returnValue = "";
  dialog.showModal();
  document.getElementById("key-cancel").onclick = () => dialog.close("");
  return new Promise((resolve) => {
    dialog.querySelector("form").onsubmit = (event) => {
      // The policy lets no form be sent; this one never is.
      event.preventDefault();
      dialog.close("given");
    };
    dialog.addEventListener(
      "close",
      () => {
        const given = dialog.returnValue === "given" && input.value.trim() !== "";
        if (given) keep(input.value.trim());
        input.value = "";
        resolve(given);
      },
      { once: true },
    );
  });
}

function keep(value) {
  held = value;
  try {
    sessionStorage.setItem(NAME, value);
  } catch {
    // Refused storage: the key lives as long as this page.
  }
}
