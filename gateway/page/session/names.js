// All pictures by their paths: folder by folder, and within each by name.

import { all } from "./works.js";

const collator = new Intl.Collator(undefined, { numeric: true });
let sorted = [];

// What was sorted stays so: while thousands are answered, none of it is compared again.
export function byName() {
  const works = all();
  const before = new Set(sorted);
  const added = works.filter((work) => !before.has(work));
  if (added.length || sorted.length !== works.length) {
    sorted = [...sorted.filter((work) => !work.gone), ...added];
    sorted.sort((a, b) => compared(partsOf(a), partsOf(b)) || a.id - b.id);
  }
  return sorted;
}

const parts = new WeakMap();

function partsOf(work) {
  if (!parts.has(work)) parts.set(work, work.path.split("/"));
  return parts.get(work);
}

// Of two paths in their parts. A folder's own pictures come before those of the folders in it.
export function compared(a, b) {
  for (let part = 0; part < Math.min(a.length, b.length); part += 1) {
    const [last, otherLast] = [part === a.length - 1, part === b.length - 1];
    if (last !== otherLast) return last ? -1 : 1;
    const order = collator.compare(a[part], b[part]);
    if (order) return order;
  }
  return 0;
}
