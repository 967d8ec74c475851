// The buttons that say which genre is right, and the keys that do the same.

import { genres } from "../service/genres.js";
import { NONE, UNSURE, agree, canUndo, judge, undo, verdictOfKey } from "../session/verdicts.js";
import { genreName, say } from "../text/language.js";

export function verdictName(verdict) {
  return [NONE, UNSURE].includes(verdict) ? say(`verdict.${verdict}`) : genreName(verdict);
}

// "✓" where the person agrees with the model, else what is right.
export function verdictMark(work) {
  if (!work.verdict) return "";
  return work.verdict === work.answer?.image_types_prediction ? say("verdict.agrees") : verdictName(work.verdict);
}

// The work and what was shown of it, by place.
const filled = new WeakMap();

// Fills `place` with a button for each verdict; done() after one was pressed.
export function fillVerdicts(place, work, done) {
  const model = work.answer?.image_types_prediction;
  // Buttons that are made anew while one of them is being pressed lose the press: they are only where they would differ.
  const signature = JSON.stringify([document.documentElement.lang, genres(), model, work.verdict]);
  const before = filled.get(place);
  if (before?.work === work && before.signature === signature) return;
  filled.set(place, { work, signature });
  const button = (key, text, verdict) => {
    const made = document.createElement("button");
    made.type = "button";
    made.dataset.verdict = verdict;
    made.setAttribute("aria-pressed", String(work.verdict === verdict));
    const hint = document.createElement("kbd");
    hint.textContent = key;
    hint.setAttribute("aria-hidden", "true");
    made.append(hint, ` ${text}`);
    made.addEventListener("click", () => {
      judge([work], work.verdict === verdict ? "" : verdict);
      done();
    });
    return made;
  };
  const focused = place.contains(document.activeElement) ? document.activeElement.dataset.verdict : null;
  place.replaceChildren(
    ...genres().map((genre, index) => {
      const made = button(index < 9 ? String(index + 1) : "", genreName(genre), genre);
      made.classList.toggle("model", genre === model);
      return made;
    }),
    button("N", say("verdict.none"), NONE),
    button("U", say("verdict.unsure"), UNSURE),
  );
  if (focused !== null) [...place.children].find((one) => one.dataset.verdict === focused)?.focus();
}

// Does what a key says about `work`. Returns "verdict", "undo" with the works, or null where the key says nothing.
export function verdictKey(event, work) {
  if (event.altKey || event.target.closest("input:not([type=range], [type=checkbox]), textarea, select")) return null;
  if (event.key.toLowerCase() === "z" && canUndo()) return { did: "undo", works: undo() };
  if (event.ctrlKey || event.metaKey || !work?.answer) return null;
  const verdict = verdictOfKey(event.key, genres(), work);
  if (verdict === null) return null;
  if (event.key.toLowerCase() === "y") agree([work]);
  else judge([work], verdict);
  return { did: "verdict", works: [work] };
}
