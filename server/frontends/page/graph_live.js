// What lives on the drawing: where the deck is, where it goes, what is pointed at. Drawn above the rest, at every change.

import { LOOKS, along, trace } from "./graph_edges.js";
import { HIGH, WIDE } from "./graph_layout.js";

const NOW = "#ffb454";
const ROUTE = "#ffb454";
const NEXT = "#ffe1b0";

export function drawLive(view) {
  const context = view.live.getContext("2d");
  const pixels = view.live.width / Math.max(1, view.width);
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, view.live.width, view.live.height);
  const { scale, x, y } = view.at;
  context.setTransform(scale * pixels, 0, 0, scale * pixels, x * pixels, y * pixels);
  const { hover, focus } = view.state;
  const near = hover ?? focus;
  if (near !== null && view.song.edges.length < 60000) neighbours(view, context, near);
  making(view, context);
  way(view, context);
  if (focus !== null) ring(view, context, focus, "#fff", 2, 6);
  if (hover !== null) ring(view, context, hover, "#fff", 1.5, 3);
}

// The edges of the picture that is pointed at, brighter than the others.
function neighbours(view, context, number) {
  const { places } = view.layout;
  for (const [kind, look] of Object.entries(LOOKS)) {
    const path = new Path2D();
    for (const edge of view.song.edges) {
      if (edge.kind === kind && (edge.one === number || edge.other === number)) trace(path, places[edge.one], places[edge.other]);
    }
    context.strokeStyle = look.colour;
    context.lineWidth = (look.width + 1) / view.at.scale;
    context.setLineDash(look.dash.map((each) => each / view.at.scale));
    context.stroke(path);
  }
  context.setLineDash([]);
}

// Transitions that a job makes at this moment, as much of each as is made.
function making(view, context) {
  const { places } = view.layout;
  const look = LOOKS.making;
  for (const [one, other, progress] of view.state.making) {
    const path = new Path2D();
    trace(path, places[one], places[other]);
    context.strokeStyle = look.colour;
    context.lineWidth = look.width / view.at.scale;
    context.setLineDash(look.dash.map((each) => each / view.at.scale));
    context.stroke(path);
    context.setLineDash([]);
    const spot = along(places[one], places[other], progress);
    context.beginPath();
    context.arc(spot.x, spot.y, 5 / view.at.scale, 0, 7);
    context.fillStyle = look.colour;
    context.fill();
  }
}

function way(view, context) {
  const { now, next, from, to, part, ahead } = view.state;
  const { places } = view.layout;
  const { scale } = view.at;
  const stops = [...(from === null ? [] : [from]), ...(to === null || to === from ? [] : [to]), ...(ahead ?? [])];
  context.lineCap = "round";
  for (let n = 1; n < stops.length; n++) {
    const [one, other] = [places[stops[n - 1]], places[stops[n]]];
    const edge = view.song.between.get(pairOf(stops[n - 1], stops[n]));
    const there = edge !== undefined && (edge.kind === "exists" || edge.kind === "stale");
    const path = new Path2D();
    trace(path, one, other);
    context.globalAlpha = n === 1 && to !== from ? 1 : 0.6;
    context.strokeStyle = ROUTE;
    context.lineWidth = (n === 1 ? 4 : 3) / scale;
    // A hop that nothing is there for is bridged by a fade.
    context.setLineDash(there ? [] : [2 / scale, 8 / scale]);
    context.stroke(path);
  }
  context.setLineDash([]);
  context.globalAlpha = 1;
  if (next !== null && next !== now) ring(view, context, next, NEXT, 2, 3, [6, 5]);
  if (stops.length > 1) mark(view, context, places[stops[stops.length - 1]]);
  if (now !== null) ring(view, context, now, NOW, 4, 2);
  if (from !== null && to !== null && from !== to) {
    const spot = along(places[from], places[to], part);
    context.beginPath();
    context.arc(spot.x, spot.y, 7 / scale, 0, 7);
    context.fillStyle = "#fff";
    context.fill();
    context.lineWidth = 2.5 / scale;
    context.strokeStyle = NOW;
    context.stroke();
  }
}

function pairOf(one, other) {
  return one < other ? `${one} ${other}` : `${other} ${one}`;
}

// Where the way ends.
function mark(view, context, place) {
  const size = 9 / view.at.scale;
  const [x, y] = [place.x + WIDE / 2, place.y - HIGH / 2];
  context.beginPath();
  context.arc(x, y, size, 0, 7);
  context.fillStyle = ROUTE;
  context.fill();
  context.beginPath();
  context.arc(x, y, size * 0.42, 0, 7);
  context.fillStyle = "#1b1305";
  context.fill();
}

function ring(view, context, number, colour, width, gap, dash = []) {
  const place = view.layout.places[number];
  if (place === undefined) return;
  const { scale } = view.at;
  const more = gap / scale;
  // From afar a picture is a few pixels: then the ring is what is seen.
  const [wide, high] = [Math.max(WIDE, 12 / scale), Math.max(HIGH, 8 / scale)];
  context.lineWidth = width / scale;
  context.strokeStyle = colour;
  context.setLineDash(dash.map((each) => each / scale));
  context.strokeRect(place.x - wide / 2 - more, place.y - high / 2 - more, wide + 2 * more, high + 2 * more);
  context.setLineDash([]);
}
