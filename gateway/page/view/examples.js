// Six pictures made by the project's own code, for who has none at hand: a click asks the service about one.

import { onLanguage, say } from "../text/language.js";

export const EXAMPLES = ["evening-hills", "tilted-planes", "restless-field", "two-fields", "still-table", "discs"];

export function startExamples(take) {
  const place = document.getElementById("examples");
  place.append(
    ...EXAMPLES.map((name) => {
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.example = name;
      const image = new Image();
      image.src = address(name);
      image.alt = "";
      image.loading = "lazy";
      button.append(image);
      button.addEventListener("click", async () => {
        const blob = await (await fetch(address(name))).blob();
        take([{ file: new File([blob], `${name}.jpg`, { type: "image/jpeg" }), path: `${name}.jpg` }]);
      });
      return button;
    }),
  );
  onLanguage(() => {
    for (const button of place.children) {
      button.setAttribute("aria-label", say("examples.one", { name: button.dataset.example.replace("-", " ") }));
    }
  });
}

function address(name) {
  return new URL(`../examples/${name}.jpg`, import.meta.url).href;
}
