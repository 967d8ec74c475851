// What a file is by its name alone, before anything is read of it.

const PICTURE = /\.(png|jpe?g|jfif|pjpeg|webp|avif|gif|bmp|tiff?|hei[cf]|jxl|jp2|j2k)$/i;
const ARCHIVE = /\.(zip|rar|7z|tar|t?gz|tar\.(gz|bz2|xz))$/i;
const EXTENSION = /[^.]\.[^.\s]{1,8}$/;

// What systems and programs leave beside pictures: lists of thumbnails, the view of a folder, the second half of a file of another system.
const LEFT_BEHIND = new RegExp(
  `^(${[
    "\\.ds_store|\\._.*|\\.localized|icon\\r|__macosx",
    "(eh)?thumbs(_vista)?\\.db|desktop\\.ini|\\$recycle\\.bin|system\\svolume\\sinformation",
    "@eadir|\\.?picasa\\.ini|zbthumbnail\\.info",
  ].join("|")})$`,
  "i",
);

// Of a path in a folder every part below the folder counts, and what is hidden is left behind, too.
export function isLeftBehind(path) {
  const [first, ...inside] = path.split("/");
  if (!inside.length) return LEFT_BEHIND.test(first);
  return inside.some((part) => part.startsWith(".") || LEFT_BEHIND.test(part));
}

// Why a file is no picture, a key of the catalogue, or null. One that was given itself is looked at, whatever its name; so is one without
// an ending.
export function reasonByName(path) {
  if (ARCHIVE.test(path)) return "reason.archive";
  const inFolder = path.includes("/");
  const name = path.slice(path.lastIndexOf("/") + 1);
  return inFolder && EXTENSION.test(name) && !PICTURE.test(name) ? "reason.otherFile" : null;
}
