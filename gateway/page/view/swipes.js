// A finger that is drawn over the picture goes to the next one or the one before. A hint says so until it was done once.

import { remember, remembered } from "../text/memory.js";

const SWIPE = 50;

// go(step): 1 to the next, -1 to the one before.
export function startSwipes(stage, hint, go) {
  let from = null;
  hint.hidden = remembered("swiped") === "yes";
  stage.addEventListener("touchstart", (event) => (from = event.touches.length === 1 ? event.touches[0] : null), { passive: true });
  stage.addEventListener("touchcancel", () => (from = null));
  stage.addEventListener("touchend", (event) => {
    const to = event.changedTouches[0];
    if (!from || !to) return;
    const [dx, dy] = [to.clientX - from.clientX, to.clientY - from.clientY];
    from = null;
    if (Math.abs(dx) <= SWIPE || Math.abs(dx) <= 2 * Math.abs(dy)) return;
    hint.hidden = true;
    remember("swiped", "yes");
    go(dx < 0 ? 1 : -1);
  });
}
