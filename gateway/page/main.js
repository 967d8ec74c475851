// What a visit begins with: a place for pictures, the sessions of this browser, and what the service knows. The rest comes with pictures.

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

function working() {
  workspace ??= import("./workspace.js");
  return workspace;
}

async function take(found) {
  const [{ takeIn }] = await Promise.all([working(), opened]);
  await takeIn(found);
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
startIntake(take);
startExamples(take);
const opened = startLanguage(element("language")).then(() => {
  startSessions();
  startReviewer();
  startFigures();
  startGenres();
  onWorks(showWorks);
  // What is added belongs to the session that was open last: it is read first.
  return startSession();
});
