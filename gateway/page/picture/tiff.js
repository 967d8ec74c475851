// TIFF, which browsers do not show: the first page, by utif2, which takes its inflate from `self.pako` and looks at `window`, which a worker
// has not, for a converter of CMYK.

import { inflate, inflateRaw } from "../library/pako.js";

self.pako = { inflate, inflateRaw };
self.window = self;
await import("../library/utif.js");

const WIDTH = "t256";
const SUBFILE = "t254";

export function decodeTiff(buffer) {
  const pages = self.UTIF.decode(buffer).filter((page) => page[WIDTH]);
  // A reduced copy of another page says so in the lowest bit.
  const page = pages.find((one) => !((one[SUBFILE]?.[0] ?? 0) & 1)) ?? pages[0];
  self.UTIF.decodeImage(buffer, page);
  const pixels = self.UTIF.toRGBA8(page);
  return new ImageData(new Uint8ClampedArray(pixels.buffer, pixels.byteOffset, pixels.length), page.width, page.height);
}
