// Light or dark: the system's choice until a person makes one here, which is remembered.

import { remember, remembered } from "../text/memory.js";

const system = matchMedia("(prefers-color-scheme: dark)");

export function startTheme(button) {
  const show = (dark) => {
    document.documentElement.dataset.theme = dark ? "dark" : "light";
    button.setAttribute("aria-pressed", String(dark));
  };
  show(document.documentElement.dataset.theme === "dark");
  button.addEventListener("click", () => {
    const dark = document.documentElement.dataset.theme !== "dark";
    remember("theme", dark ? "dark" : "light");
    show(dark);
  });
  system.addEventListener("change", () => {
    if (!remembered("theme")) show(system.matches);
  });
}
