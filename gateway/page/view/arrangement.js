// Where each picture of the grid lies: groups one below the other, each of a heading and rows of cells of one size. Arithmetic alone, so
// that thousands cost nothing until they are looked at.

const CELL = { width: 168, height: 214, gap: 14 };
const HEADING = 62;
// In a narrow window the button stands below the title.
const NARROW = { width: 520, heading: 104 };
const GROUP_GAP = 26;

// groups: [{key, works}]. Returns {height, heading, columns, width, groups: [{key, works, top, height}], places: by the id of a work}.
export function arrange(groups, width) {
  const heading = width < NARROW.width ? NARROW.heading : HEADING;
  const columns = Math.max(1, Math.floor((width + CELL.gap) / (CELL.width + CELL.gap)));
  const cell = (width + CELL.gap) / columns - CELL.gap;
  let top = 0;
  const places = new Map();
  const placed = groups.map(({ key, works }, group) => {
    const rows = Math.ceil(works.length / columns);
    const one = { key, works, top, height: heading + rows * (CELL.height + CELL.gap) };
    works.forEach((work, index) => places.set(work.id, { group, index }));
    top += one.height + GROUP_GAP;
    return one;
  });
  return { height: top, heading, columns, width: cell, groups: placed, places };
}

// The box of a picture within its group.
export function box(arrangement, index) {
  const [column, row] = [index % arrangement.columns, Math.floor(index / arrangement.columns)];
  const [x, y] = [column * (arrangement.width + CELL.gap), arrangement.heading + row * (CELL.height + CELL.gap)];
  return { x, y, width: arrangement.width, height: CELL.height };
}

// The first and last index (beyond it) of a group's pictures between two heights of the whole.
export function between(arrangement, group, from, to) {
  const row = CELL.height + CELL.gap;
  const first = Math.max(0, Math.floor((from - group.top - arrangement.heading) / row)) * arrangement.columns;
  const last = Math.ceil((to - group.top - arrangement.heading) / row) * arrangement.columns;
  return [first, Math.min(group.works.length, Math.max(0, last))];
}

// The id of the picture beside, above or below `id`; its own at the edge.
export function neighbour(arrangement, id, key) {
  const place = arrangement.places.get(id);
  if (!place) return arrangement.groups[0]?.works[0]?.id;
  const order = arrangement.groups.flatMap((group) => group.works);
  const at = order.findIndex((work) => work.id === id);
  if (key === "ArrowLeft") return order[Math.max(0, at - 1)].id;
  if (key === "ArrowRight") return order[Math.min(order.length - 1, at + 1)].id;
  if (key === "Home") return order[0].id;
  if (key === "End") return order[order.length - 1].id;
  return vertical(arrangement, place, key === "ArrowDown" ? 1 : -1);
}

function vertical({ groups, columns }, { group, index }, step) {
  const column = index % columns;
  const inside = index + step * columns;
  const { works } = groups[group];
  if (inside >= 0 && inside < works.length) return works[inside].id;
  const lastRow = Math.floor((works.length - 1) / columns);
  if (step > 0 && Math.floor(index / columns) < lastRow) return works[works.length - 1].id;
  const other = groups[group + step]?.works;
  if (!other) return works[index].id;
  const start = step > 0 ? 0 : Math.floor((other.length - 1) / columns) * columns;
  return other[Math.min(other.length - 1, start + column)].id;
}
