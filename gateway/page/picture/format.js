// What a file is by its first bytes, and how many pixels a JPEG or PNG has by its header.

const HEAD_BYTES = 256 * 1024;

// The least that says of each format that it is this one.
const MAGIC = [
  ["JPEG", 0, "ffd8ff"],
  ["PNG", 0, "89504e470d0a1a0a"],
  ["GIF", 0, "47494638"],
  ["BMP", 0, "424d"],
  ["WebP", 8, "57454250"],
  ["TIFF", 0, "49492a00"],
  ["TIFF", 0, "4d4d002a"],
  ["JPEG XL", 0, "ff0a"],
  ["JPEG XL", 0, "0000000c4a584c20"],
  ["JPEG 2000", 0, "0000000c6a502020"],
  ["PDF", 0, "25504446"],
];
const BRANDS = { avif: "AVIF", avis: "AVIF", heic: "HEIC", heix: "HEIC", hevc: "HEIC", heim: "HEIC", mif1: "HEIC", msf1: "HEIC" };

// {kind, pixels}: kind is "" for what is none of these, pixels null where the header does not tell.
export async function format(blob) {
  const bytes = new Uint8Array(await blob.slice(0, HEAD_BYTES).arrayBuffer());
  const kind = kindOf(bytes);
  const size = kind === "JPEG" ? jpegSize(bytes) : kind === "PNG" ? pngSize(bytes) : null;
  return { kind, pixels: size && size.width * size.height };
}

function kindOf(bytes) {
  const hex = (from, length) => Array.from(bytes.subarray(from, from + length), (byte) => byte.toString(16).padStart(2, "0")).join("");
  for (const [kind, from, magic] of MAGIC) if (hex(from, magic.length / 2) === magic) return kind;
  const text = String.fromCharCode(...bytes.subarray(4, 12));
  return text.startsWith("ftyp") ? (BRANDS[text.slice(4)] ?? "") : "";
}

function pngSize(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return bytes.length < 24 ? null : { width: view.getUint32(16), height: view.getUint32(20) };
}

// From segment to segment until the one that begins a frame (0xC0 to 0xCF, but not the three that are tables).
function jpegSize(bytes) {
  let at = 2;
  while (at + 9 < bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1];
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      return { height: bytes[at + 5] * 256 + bytes[at + 6], width: bytes[at + 7] * 256 + bytes[at + 8] };
    }
    at += marker === 0xff ? 1 : 2 + bytes[at + 2] * 256 + bytes[at + 3];
  }
  return null;
}
