// What is done with pictures, loaded with the first of them and then whole, for the service may be gone when the list is saved: they go
// through the queue, and are shown in the grid, in the table and one by one.

import { startConversion } from "./picture/convert.js";
import { ownFailure } from "./service/failures.js";
import { pump } from "./service/queue.js";
import "./session/file.js";
import { lostOnes } from "./session/lost.js";
import { onSession } from "./session/session.js";
import { inSlices } from "./session/slices.js";
import { canUndo, undo } from "./session/verdicts.js";
import { FAILED, WAITING, add, change, onWorks, total } from "./session/works.js";
import { startAgreement } from "./view/agreement.js";
import { startAnnouncing } from "./view/announce.js";
import { startConverted } from "./view/converted.js";
import { startExports } from "./view/exports.js";
import { onChoice, startFilters } from "./view/filters.js";
import { focusOn, showGrid, startGrid } from "./view/grid.js";
import { startLeftOut } from "./view/left-out.js";
import { openLook, startLook } from "./view/look.js";
import { startProgress } from "./view/progress.js";
import { showSummary, startSummary } from "./view/summary.js";
import { showTable, startTable } from "./view/table.js";

const element = (id) => document.getElementById(id);

export async function takeIn(found) {
  const first = total() === 0;
  const lost = lostOnes();
  await inSlices(found, ({ file, path, other }) => {
    const again = other ? null : lost(path);
    if (again) change(again, { file, state: WAITING, tries: 0, failure: null });
    else add({ file, name: file.name, path, ...(other && { file: null, state: FAILED, failure: ownFailure(other) }) });
    pump();
  });
  // Who tries an example may want the next one, which stands above; on a phone the answer is below the window then.
  const stays = found[0]?.example && matchMedia("(min-width: 48rem)").matches;
  if (first && found.length && !stays) requestAnimationFrame(() => element("works").scrollIntoView({ block: "start" }));
}

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
startViews();
startAnnouncing();
onWorks(() => (element("undo").hidden = !canUndo()));
onChoice(() => {
  showGrid();
  showTable();
  showSummary();
});
element("undo").addEventListener("click", () => {
  const [work] = undo() ?? [];
  if (work && !element("grid").hidden) focusOn(work.id);
});
// What was under way when the page was left goes on.
onSession(pump);
pump();
