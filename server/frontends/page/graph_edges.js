// Edges as paths, grouped by what is known of them and by the scenes they join, so that only what is seen is drawn.

const BEND = 0.08;

export const LOOKS = {
  missing: { colour: "#4d6a9c", alpha: 0.5, width: 1, dash: [5, 6] },
  exists: { colour: "#57b383", alpha: 0.62, width: 1.3, dash: [] },
  stale: { colour: "#b9c45a", alpha: 0.75, width: 1.3, dash: [] },
  damaged: { colour: "#ff7a6b", alpha: 0.95, width: 2, dash: [] },
  making: { colour: "#67b7ff", alpha: 1, width: 2.2, dash: [9, 6] },
};

// The curve of an edge: its middle is pushed aside a little, always to the same side.
export function curve(from, to) {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const turned = dx < 0 || (dx === 0 && dy < 0) ? -1 : 1;
  const bend = from.group === to.group ? BEND / 2 : BEND;
  return { x: (from.x + to.x) / 2 - dy * bend * turned, y: (from.y + to.y) / 2 + dx * bend * turned };
}

export function along(from, to, part) {
  const middle = curve(from, to);
  const [a, b, c] = [(1 - part) ** 2, 2 * part * (1 - part), part ** 2];
  return { x: a * from.x + b * middle.x + c * to.x, y: a * from.y + b * middle.y + c * to.y };
}

export function trace(path, from, to) {
  const middle = curve(from, to);
  path.moveTo(from.x, from.y);
  path.quadraticCurveTo(middle.x, middle.y, to.x, to.y);
}

export function bundles(edges, places) {
  const found = new Map();
  for (const edge of edges) {
    const [from, to] = [places[edge.one], places[edge.other]];
    const [low, high] = from.group < to.group ? [from.group, to.group] : [to.group, from.group];
    const key = `${edge.kind} ${low} ${high}`;
    let bundle = found.get(key);
    if (bundle === undefined) {
      bundle = { kind: edge.kind, inside: low === high, count: 0, path: new Path2D(), left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
      found.set(key, bundle);
    }
    trace(bundle.path, from, to);
    bundle.count += 1;
    for (const { x, y } of [from, to, curve(from, to)]) {
      bundle.left = Math.min(bundle.left, x);
      bundle.right = Math.max(bundle.right, x);
      bundle.top = Math.min(bundle.top, y);
      bundle.bottom = Math.max(bundle.bottom, y);
    }
  }
  const order = Object.keys(LOOKS);
  return [...found.values()].sort((one, other) => order.indexOf(one.kind) - order.indexOf(other.kind));
}
