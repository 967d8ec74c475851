// A heat map as a layer of colours: viridis, whose lightness rises evenly from dark violet to yellow, so that it is read without telling
// red from green, and in print. Enlarged in the figures, not in the colours, so that seven cells become smooth slopes.

const SIZE = 96;

// Nine points of matplotlib's viridis (CC0), from 0 to 1.
export const VIRIDIS = [
  [68, 1, 84],
  [71, 45, 123],
  [59, 82, 139],
  [44, 114, 142],
  [33, 145, 140],
  [40, 174, 128],
  [94, 201, 98],
  [173, 220, 48],
  [253, 231, 37],
];

export function paintHeat(canvas, map) {
  canvas.width = SIZE;
  canvas.height = SIZE;
  const context = canvas.getContext("2d");
  const pixels = context.createImageData(SIZE, SIZE);
  for (let y = 0; y < SIZE; y += 1) {
    for (let x = 0; x < SIZE; x += 1) {
      pixels.data.set([...colour(valueAt(map, (x + 0.5) / SIZE, (y + 0.5) / SIZE)), 255], (y * SIZE + x) * 4);
    }
  }
  context.putImageData(pixels, 0, 0);
}

export function paintLegend(canvas) {
  canvas.width = SIZE;
  canvas.height = 1;
  const context = canvas.getContext("2d");
  const pixels = context.createImageData(SIZE, 1);
  for (let x = 0; x < SIZE; x += 1) pixels.data.set([...colour(x / (SIZE - 1)), 255], x * 4);
  context.putImageData(pixels, 0, 0);
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
  const position = Math.min(1, Math.max(0, value)) * (VIRIDIS.length - 1);
  const index = Math.min(VIRIDIS.length - 2, Math.floor(position));
  return VIRIDIS[index].map((low, channel) => low + (VIRIDIS[index + 1][channel] - low) * (position - index));
}
