// Puts the page together: pictures come in, go through the queue, and are shown in the grid, in the table and one by one.

import { startConversion } from "./picture/convert.js";
import { startIntake } from "./picture/intake.js";
import { ownFailure } from "./service/failures.js";
import { startGenres } from "./service/genres.js";
import { pump } from "./service/queue.js";
import { startSession } from "./session/session.js";
import { inSlices } from "./session/slices.js";
import { canUndo, undo } from "./session/verdicts.js";
import { FAILED, add, onWorks, total } from "./session/works.js";
import { startLanguage } from "./text/language.js";
import { startAgreement } from "./view/agreement.js";
import { startAnnouncing } from "./view/announce.js";
import { startConverted } from "./view/converted.js";
import { startExamples } from "./view/examples.js";
import { startExports } from "./view/exports.js";
import { startFigures } from "./view/figures.js";
import { onChoice, startFilters } from "./view/filters.js";
import { focusOn, showGrid, startGrid } from "./view/grid.js";
import { startLeftOut } from "./view/left-out.js";
import { openLook, startLook } from "./view/look.js";
import { startProgress } from "./view/progress.js";
import { startSessions } from "./view/sessions.js";
import { showSummary, startSummary } from "./view/summary.js";
import { showTable, startTable } from "./view/table.js";
import { startTheme } from "./view/theme.js";

const element = (id) => document.getElementById(id);

function startViews() {
  for (const name of ["grid", "table"]) {
    element(`view-${name}`).addEventListener("click", () => {
      for (const other of ["grid", "table"]) {
        element(`view-${other}`).setAttribute("aria-pressed", String(other === name));
        element(other).hidden = other !== name;
      }
      showGrid();
      showTable();
    });
  }
}

async function take(found) {
  await opened;
  const first = total() === 0;
  await inSlices(found, ({ file, path, other }) => {
    add({ file, name: file.name, path, ...(other && { file: null, state: FAILED, failure: ownFailure("reason.otherFile") }) });
    pump();
  });
  if (first && found.length) requestAnimationFrame(() => element("works").scrollIntoView({ block: "start" }));
}

function showWorks() {
  const some = total() > 0;
  element("works").hidden = !some;
  // Once there are pictures they come first, and the place to drop more makes room.
  document.body.classList.toggle("working", some);
  element("undo").hidden = !canUndo();
}

element("address").textContent = new URL(".", location.href).href.replace(/\/$/, "");
startTheme(element("dark"));
onWorks(showWorks);
startConversion();
startProgress();
startFilters();
startSummary();
startGrid(openLook);
startTable(openLook);
startLook((id) => !element("grid").hidden && focusOn(id));
startLeftOut();
startConverted();
startAgreement();
startExports();
startSessions();
startFigures();
startViews();
startAnnouncing();
onChoice(() => {
  showGrid();
  showTable();
  showSummary();
});
element("undo").addEventListener("click", () => {
  const [work] = undo() ?? [];
  if (work && !element("grid").hidden) focusOn(work.id);
});
startExamples(take);
startIntake(take);
startLanguage(element("language"));
startGenres();
// What is added belongs to the session that was open last: it is read first.
const opened = startSession();
