// Six pictures made by the project's own code, for who has none at hand: a click asks the service about one.

import { all, onWorks } from "../session/works.js";
import { onLanguage, say } from "../text/language.js";

// The first is one that the served version answers well: it is certain, and does not doubt that it is a painting. A test holds that.
export const EXAMPLES = ["restless-field", "discs", "two-fields", "tilted-planes", "evening-hills", "still-table"];
const FILES = EXAMPLES.map((name) => `${name}.jpg`);

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
        take([{ file: new File([blob], `${name}.jpg`, { type: "image/jpeg" }), path: `${name}.jpg`, example: true }]);
      });
      return button;
    }),
  );
  // They stay for who tries them, and fold away once there are pictures of a person's own.
  let own = false;
  onWorks(() => {
    const before = own;
    own = all().some((work) => !FILES.includes(work.path));
    if (own !== before) document.getElementById("tries").open = !own;
  });
  onLanguage(() => {
    for (const button of place.children) {
      button.setAttribute("aria-label", say("examples.one", { name: button.dataset.example.replace("-", " ") }));
    }
  });
}

function address(name) {
  return new URL(`../examples/${name}.jpg`, import.meta.url).href;
}
