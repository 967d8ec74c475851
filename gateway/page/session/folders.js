// In which folder each picture lies, by its path, and how a folder is called where all lie below the same one.

import { all, revision } from "./works.js";

// "" where it lies in none.
export function folderOf({ path }) {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

let shared = { at: -1, length: 0 };

// Without the folders that all share: those tell none from another.
export function ownFolder(work) {
  if (shared.at !== revision()) shared = { at: revision(), length: sharedBy(all()) };
  return folderOf(work).split("/").slice(shared.length).join("/");
}

function sharedBy(works) {
  let common = null;
  for (const folder of new Set(works.map(folderOf))) {
    const parts = folder.split("/");
    common ??= parts;
    let same = 0;
    while (same < common.length && same < parts.length && common[same] === parts[same]) same += 1;
    common = common.slice(0, same);
  }
  return common?.length ?? 0;
}
