// A heat map as a veil over the picture: dark where it did not matter, clear and warm where it did. Enlarged in the figures, not in the
// colours, so that seven cells become smooth slopes.

const SIZE = 96;

// From cold to hot: red, green, blue, opacity.
const STOPS = [
  [10, 14, 26, 0.74],
  [28, 22, 44, 0.58],
  [140, 38, 34, 0.36],
  [228, 116, 34, 0.26],
  [255, 218, 120, 0.2],
];

export function paintHeat(canvas, map, width, height) {
  const small = new OffscreenCanvas(SIZE, SIZE);
  const context = small.getContext("2d");
  const pixels = context.createImageData(SIZE, SIZE);
  for (let y = 0; y < SIZE; y += 1) {
    for (let x = 0; x < SIZE; x += 1) {
      const [r, g, b, opacity] = colour(valueAt(map, (x + 0.5) / SIZE, (y + 0.5) / SIZE));
      pixels.data.set([r, g, b, opacity * 255], (y * SIZE + x) * 4);
    }
  }
  context.putImageData(pixels, 0, 0);
  canvas.width = width;
  canvas.height = height;
  const large = canvas.getContext("2d");
  large.imageSmoothingQuality = "high";
  large.drawImage(small, 0, 0, width, height);
}

// The figure at (u, v) in [0, 1], a weighted mean of the cells around: a cubic B-spline's weights have no edges to be seen.
function valueAt(map, u, v) {
  const rows = spread(v, map.length);
  const columns = spread(u, map[0].length);
  let sum = 0;
  for (const [y, rowWeight] of rows) for (const [x, weight] of columns) sum += map[y][x] * rowWeight * weight;
  return sum;
}

function spread(share, count) {
  const position = share * count - 0.5;
  const base = Math.floor(position);
  const t = position - base;
  const weights = [(1 - t) ** 3 / 6, (3 * t ** 3 - 6 * t ** 2 + 4) / 6, (-3 * t ** 3 + 3 * t ** 2 + 3 * t + 1) / 6, t ** 3 / 6];
  return weights.map((weight, index) => [Math.min(count - 1, Math.max(0, base - 1 + index)), weight]);
}

function colour(value) {
  const position = Math.min(1, Math.max(0, value)) * (STOPS.length - 1);
  const index = Math.min(STOPS.length - 2, Math.floor(position));
  return STOPS[index].map((low, channel) => low + (STOPS[index + 1][channel] - low) * (position - index));
}
