// Which pictures are the same file, byte by byte: by the digest of each.

import { all, revision } from "./works.js";

let known = { at: -1, byDigest: new Map() };

// The others that are the same file as `work`, in the order added.
export function twins(work) {
  if (!work.digest) return [];
  if (known.at !== revision()) known = { at: revision(), byDigest: gathered() };
  return (known.byDigest.get(work.digest) ?? []).filter((other) => other !== work);
}

function gathered() {
  const byDigest = new Map();
  for (const work of all()) {
    if (!work.digest) continue;
    if (byDigest.has(work.digest)) byDigest.get(work.digest).push(work);
    else byDigest.set(work.digest, [work]);
  }
  return byDigest;
}
