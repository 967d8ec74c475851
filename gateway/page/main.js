// What a visit begins with; the rest comes with pictures.

import LATER from "./later.js";
import { startIntake } from "./picture/intake.js";
import { startGenres } from "./service/genres.js";
import { startSession } from "./session/session.js";
import { onWorks, total } from "./session/works.js";
import { startLanguage } from "./text/language.js";
import { startExamples } from "./view/examples.js";
import { startFigures } from "./view/figures.js";
import { startReviewer } from "./view/reviewer.js";
import { startSessions } from "./view/sessions.js";
import { startTheme } from "./view/theme.js";

const element = (id) => document.getElementById(id);

let workspace = null;

// All its modules at once: a browser that finds one by reading another waits for each in turn. It shows the open session, in words.
function working() {
  if (!workspace) {
    document.head.append(...LATER.map((name) => Object.assign(document.createElement("link"), { rel: "modulepreload", href: `page/${name}` })));
    workspace = opened.then(load);
  }
  return workspace;
}

// Until it comes.
const load = () => import("./workspace.js").catch(() => new Promise((done) => setTimeout(done, 2000)).then(load));

async function take(found) {
  (await working()).takeIn(found);
}

function showWorks() {
  const some = total() > 0;
  if (some) working();
  element("works").hidden = !some;
  // Once there are pictures they come first, and the place to drop more makes room.
  document.body.classList.toggle("working", some);
}

element("address").textContent = new URL(".", location.href).href.replace(/\/$/, "");
startTheme(element("dark"));
const spoken = startLanguage(element("language"));
const opened = spoken.then(() => {
  startFigures();
  startGenres();
  onWorks(showWorks);
  // What is added belongs to the session that was open last: it is read first.
  return startSession();
});
// Whoever comes near the place for pictures may have one.
for (const event of ["pointerover", "focusin", "dragenter"]) document.querySelector(".start").addEventListener(event, working, { once: true });
startIntake(take, spoken);
startExamples(take);
startReviewer();
startSessions(opened);
