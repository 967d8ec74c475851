// Pictures of which a reload left nothing but the name, the verdict and the note: given again, they go on where they were.

import { isLost } from "../service/failures.js";
import { FAILED, STOPPED, inState } from "./works.js";

// find(path): the lost picture that a file of this path is, once for each, or null. A file chosen alone has no folder: its name will do
// where just one of the lost has it.
export function lostOnes() {
  let lost = inState(FAILED, STOPPED).filter(isLost);
  return (path) => {
    const named = lost.filter((work) => work.name === path);
    const found = lost.find((work) => work.path === path) ?? (named.length === 1 ? named[0] : null);
    lost = lost.filter((work) => work !== found);
    return found?.gone ? null : found;
  };
}
