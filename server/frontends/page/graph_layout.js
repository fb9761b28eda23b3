// Where pictures lie on the drawing: scenes in the order of the song, few pictures in a ring, many in rows. Pure.

export const WIDE = 96;
export const HIGH = 54;
const RING_MAX = 20;
const GAP_X = 30;
const GAP_Y = 44;
const PAD = 34;
const TITLE = 46;
const BETWEEN = 74;
const SHAPES = 24;

// `aspect`: of the place where it is shown. Returns x, y of each picture's middle, and a box for each scene.
export function layOut(song, aspect) {
  const groups = grouped(song);
  const sized = groups.map((group) => ({ ...group, ...arranged(group.pictures.length) }));
  const boxes = shelves(sized, aspect);
  const places = song.pictures.map(() => ({ x: 0, y: 0, group: -1 }));
  boxes.forEach((box, number) => box.pictures.forEach((picture, n) => {
    const [x, y] = box.spots[n];
    places[picture] = { x: box.x + PAD + x, y: box.y + TITLE + y, group: number };
  }));
  const right = Math.max(1, ...boxes.map((box) => box.x + box.width));
  const bottom = Math.max(1, ...boxes.map((box) => box.y + box.height));
  return { places, boxes, width: right, height: bottom };
}

// A picture is drawn once, in the first scene that has it; those in none come last.
function grouped(song) {
  const drawn = new Set();
  const order = new Map();
  for (const [, steps] of song.sequences) for (const [scene] of steps) if (!order.has(scene)) order.set(scene, order.size);
  const scenes = [...song.scenes].sort((one, other) => (
    (order.get(one.name) ?? order.size + one.number) - (order.get(other.name) ?? order.size + other.number)));
  const groups = [];
  for (const scene of scenes) {
    const pictures = scene.pictures.filter((each) => !drawn.has(each));
    for (const each of pictures) drawn.add(each);
    groups.push({ scene: scene.number, title: scene.name, pictures });
  }
  const rest = song.pictures.map((each) => each.number).filter((each) => !drawn.has(each));
  if (rest.length > 0) groups.push({ scene: -1, title: "in no scene", pictures: rest });
  return groups.filter((group) => group.pictures.length > 0);
}

function arranged(count) {
  return count <= RING_MAX ? ring(count) : rows(count);
}

function ring(count) {
  if (count === 1) return sized([[WIDE / 2, HIGH / 2]], WIDE, HIGH);
  // Neighbours keep a picture's width between their middles, wide or high, wherever on the ellipse they are.
  const around = (count * (WIDE + GAP_X)) / (2 * Math.PI);
  const across = Math.max(WIDE * 0.75, around * 1.12);
  const down = Math.max(HIGH * 1.05, around * 0.74);
  const spots = Array.from({ length: count }, (_, n) => {
    const angle = (2 * Math.PI * n) / count - Math.PI / 2 - (count === 2 ? Math.PI / 2 : 0);
    return [across + WIDE / 2 + across * Math.cos(angle), down + HIGH / 2 + down * Math.sin(angle)];
  });
  const top = Math.min(...spots.map(([, y]) => y)) - HIGH / 2;
  const bottom = Math.max(...spots.map(([, y]) => y)) + HIGH / 2;
  return sized(spots.map(([x, y]) => [x, y - top]), 2 * across + WIDE, bottom - top);
}

// Every second row is set off by half a picture, so that straight edges pass between pictures.
function rows(count) {
  const columns = Math.max(1, Math.round(Math.sqrt(count * 0.85)));
  const step = WIDE + GAP_X;
  const spots = Array.from({ length: count }, (_, n) => {
    const row = Math.floor(n / columns);
    return [WIDE / 2 + (n % columns) * step + (row % 2) * (step / 2), HIGH / 2 + row * (HIGH + GAP_Y)];
  });
  const lines = Math.ceil(count / columns);
  return sized(spots, columns * step - GAP_X + (lines > 1 ? step / 2 : 0), lines * (HIGH + GAP_Y) - GAP_Y);
}

function sized(spots, width, height) {
  return { spots, width: width + 2 * PAD, height: height + TITLE + PAD };
}

// Boxes from left to right in rows, of the length with which all of it is seen largest.
function shelves(groups, aspect) {
  const widest = Math.max(1, ...groups.map((group) => group.width));
  const whole = groups.reduce((sum, group) => sum + group.width + BETWEEN, 0);
  let best = null;
  for (let n = 0; n <= SHAPES; n++) {
    const placed = shelf(groups, widest + ((whole - widest) * n) / SHAPES);
    const scale = Math.min(aspect / placed.width, 1 / placed.height);
    if (best === null || scale > best.scale) best = { ...placed, scale };
  }
  return best === null ? [] : best.boxes;
}

function shelf(groups, length) {
  const boxes = [];
  let [x, y, high, width] = [0, 0, 0, 1];
  for (const group of groups) {
    if (x > 0 && x + group.width > length) {
      [x, y, high] = [0, y + high + BETWEEN, 0];
    }
    boxes.push({ ...group, x, y });
    x += group.width + BETWEEN;
    width = Math.max(width, x - BETWEEN);
    high = Math.max(high, group.height);
  }
  return { boxes, width, height: y + high || 1 };
}
