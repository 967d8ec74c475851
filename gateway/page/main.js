// Puts the page together: pictures come in, go through the queue, and hang on the wall and in the table.

import { startAnnouncing } from "./announce.js";
import { startGenres } from "./genres.js";
import { startIntake } from "./intake.js";
import { startLanguage } from "./language.js";
import { showList, startList } from "./list.js";
import { startProgress } from "./progress.js";
import { pump } from "./queue.js";
import { startTheme } from "./theme.js";
import { startThumbnails } from "./thumbnail.js";
import { startWall } from "./wall.js";
import { hang } from "./works.js";

function startViews() {
  const buttons = { wall: document.getElementById("view-wall"), list: document.getElementById("view-list") };
  for (const [name, button] of Object.entries(buttons)) {
    button.addEventListener("click", () => {
      for (const [other, otherButton] of Object.entries(buttons)) {
        otherButton.setAttribute("aria-pressed", String(other === name));
        document.getElementById(other).hidden = other !== name;
      }
      showList();
    });
  }
}

document.getElementById("address").textContent = location.origin;
startTheme(document.getElementById("dark"));
startWall();
startProgress();
startList();
startViews();
startAnnouncing();
startThumbnails();
startGenres();
startIntake((files) => {
  const first = document.getElementById("works").hidden;
  files.forEach(hang);
  pump();
  if (first && files.length) document.getElementById("works").scrollIntoView({ block: "start" });
});
startLanguage(document.querySelectorAll("[data-language]"));
