// The drawing of a song on two canvases: what lies still below, what lives above. Pan, zoom, pinch; it commands nothing.

import { LOOKS, bundles } from "./graph_edges.js";
import { HIGH, WIDE, layOut } from "./graph_layout.js";
import { drawLive } from "./graph_live.js";
import { Hands } from "./graph_hands.js";
import { Thumbs } from "./graph_thumbs.js";
import { split } from "./songs.js";

const CLOSEST = 4;
const SETTLED = 90;
const QUICK = 34;
const PICTURED = 20;
const LABELLED = 62;
const SEEN_FROM = 0.0001;

export class GraphView {
  // `handlers`: chosen(picture), pointed(picture or null, x, y).
  constructor(still, live, handlers) {
    [this.still, this.live, this.handlers] = [still, live, handlers];
    [this.song, this.layout, this.bundles] = [null, null, []];
    this.at = { x: 0, y: 0, scale: 1 };
    this.drawn = { ...this.at };
    this.buffer = document.createElement("canvas");
    this.state = { now: null, next: null, from: null, to: null, part: 0, ahead: [], making: [], focus: null, hits: null, hover: null };
    this.thumbs = new Thumbs(() => this.soon());
    this.hands = new Hands(live, this);
    [this.cost, this.timer, this.coming, this.asked] = [0, 0, 0, false];
    new ResizeObserver(() => this.resized()).observe(live);
  }

  show(song) {
    const first = this.song?.id !== song.id;
    this.song = song;
    this.thumbs.use(song);
    this.layout = layOut(song, Math.max(0.4, this.width / Math.max(1, this.height)));
    this.bundles = bundles(song.edges, this.layout.places);
    if (first || this.at.scale <= SEEN_FROM) this.fit();
    this.render();
  }

  get width() {
    return this.live.clientWidth;
  }

  get height() {
    return this.live.clientHeight;
  }

  get least() {
    const { width, height } = this.layout ?? { width: 1, height: 1 };
    return Math.min(this.width / (width + 60), this.height / (height + 60), 1.6);
  }

  resized() {
    const scale = Math.min(2, devicePixelRatio || 1);
    for (const canvas of [this.still, this.live, this.buffer]) {
      canvas.width = Math.max(1, this.width * scale);
      canvas.height = Math.max(1, this.height * scale);
    }
    if (this.song === null || this.width === 0) return;
    // The shape of the whole follows the shape of its place, but only while all of it is seen.
    if (this.whole) this.show(this.song);
    if (this.whole) this.fit();
    this.render();
  }

  fit() {
    if (this.layout === null || this.width === 0) return;
    this.whole = true;
    const scale = this.least;
    this.at = { scale, x: (this.width - this.layout.width * scale) / 2, y: (this.height - this.layout.height * scale) / 2 };
    this.moved();
  }

  zoom(times, x = this.width / 2, y = this.height / 2) {
    const scale = Math.min(CLOSEST, Math.max(this.least * 0.7, this.at.scale * times));
    const ratio = scale / this.at.scale;
    this.place({ scale, x: x - (x - this.at.x) * ratio, y: y - (y - this.at.y) * ratio });
  }

  pan(dx, dy) {
    this.place({ ...this.at, x: this.at.x + dx, y: this.at.y + dy });
  }

  place(at) {
    this.whole = false;
    // Something of the drawing always stays in sight.
    const [right, bottom] = [this.layout.width * at.scale, this.layout.height * at.scale];
    at.x = Math.min(this.width - 60, Math.max(60 - right, at.x));
    at.y = Math.min(this.height - 60, Math.max(60 - bottom, at.y));
    this.at = at;
    this.moved();
  }

  // Bring pictures into view: nothing moves when all of them are seen already.
  reveal(numbers, close = 1.1) {
    const places = numbers.map((number) => this.layout?.places[number]).filter((each) => each);
    if (places.length === 0) return;
    const [left, right] = [Math.min(...places.map((each) => each.x)) - WIDE, Math.max(...places.map((each) => each.x)) + WIDE];
    const [top, bottom] = [Math.min(...places.map((each) => each.y)) - HIGH, Math.max(...places.map((each) => each.y)) + HIGH];
    const seen = this.box(left, top, right, bottom);
    if (seen.left >= 0 && seen.top >= 0 && seen.right <= this.width && seen.bottom <= this.height && close <= this.at.scale) return;
    const scale = Math.min(Math.max(close, this.at.scale), this.width / (right - left), this.height / (bottom - top));
    this.place({ scale, x: this.width / 2 - ((left + right) / 2) * scale, y: this.height / 2 - ((top + bottom) / 2) * scale });
  }

  box(left, top, right, bottom) {
    const { x, y, scale } = this.at;
    return { left: left * scale + x, top: top * scale + y, right: right * scale + x, bottom: bottom * scale + y };
  }

  // The picture at a place on the screen, or the nearest within a thumb's reach.
  pictureAt(x, y, reach = 0) {
    if (this.layout === null) return null;
    const { scale } = this.at;
    const [wx, wy] = [(x - this.at.x) / scale, (y - this.at.y) / scale];
    let best = null;
    this.layout.places.forEach((place, number) => {
      const dx = Math.max(0, Math.abs(place.x - wx) - WIDE / 2) * scale;
      const dy = Math.max(0, Math.abs(place.y - wy) - HIGH / 2) * scale;
      const far = Math.hypot(dx, dy);
      if (far <= reach && (best === null || far < best.far)) best = { number, far };
    });
    return best === null ? null : this.song.pictures[best.number];
  }

  where(node) {
    const picture = this.song?.byNode.get(node);
    if (picture === undefined) return null;
    const place = this.layout.places[picture.number];
    return { x: place.x * this.at.scale + this.at.x, y: place.y * this.at.scale + this.at.y };
  }

  update(state) {
    Object.assign(this.state, state);
    this.drawOver();
  }

  // While the view moves, the drawing as it is is moved; it is drawn anew at once where that is quick.
  moved() {
    if (this.cost < QUICK) {
      this.render();
      return;
    }
    this.paste();
    this.later();
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.render(), SETTLED);
  }

  // Pictures that arrive one after another are drawn some at a time.
  soon() {
    if (this.coming !== 0) return;
    this.coming = setTimeout(() => {
      this.coming = 0;
      this.render();
    }, Math.max(SETTLED, 3 * this.cost));
  }

  paste() {
    const context = this.still.getContext("2d");
    const ratio = this.at.scale / this.drawn.scale;
    const pixels = this.still.width / Math.max(1, this.width);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.still.width, this.still.height);
    context.setTransform(ratio, 0, 0, ratio, (this.at.x - this.drawn.x * ratio) * pixels, (this.at.y - this.drawn.y * ratio) * pixels);
    context.drawImage(this.buffer, 0, 0);
    this.drawOver();
  }

  render() {
    clearTimeout(this.timer);
    if (this.song === null || this.width === 0 || this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => {
      this.asked = false;
      this.draw();
    });
  }

  draw() {
    if (this.song === null || this.width === 0) return;
    const began = performance.now();
    const context = this.buffer.getContext("2d");
    const pixels = this.buffer.width / Math.max(1, this.width);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.buffer.width, this.buffer.height);
    const { scale, x, y } = this.at;
    context.setTransform(scale * pixels, 0, 0, scale * pixels, x * pixels, y * pixels);
    const view = { left: -x / scale, top: -y / scale, right: (this.width - x) / scale, bottom: (this.height - y) / scale };
    this.drawScenes(context, view);
    this.drawEdges(context, view);
    this.drawPictures(context, view);
    this.drawn = { ...this.at };
    this.paste();
    // What a canvas is told is painted later: the next frame comes when that is done.
    requestAnimationFrame(() => {
      this.cost = performance.now() - began;
    });
  }

  drawScenes(context, view) {
    const { scale } = this.at;
    for (const box of this.layout.boxes) {
      if (!meet(box.x, box.y, box.x + box.width, box.y + box.height, view)) continue;
      context.beginPath();
      context.roundRect(box.x, box.y, box.width, box.height, 18);
      context.fillStyle = "#0e1013";
      context.fill();
      context.lineWidth = 1 / scale;
      context.strokeStyle = "#20242a";
      context.stroke();
      // From afar a title stands above its scene, where it has room to be read.
      const above = scale < 0.42;
      context.fillStyle = "#a9b0bb";
      context.font = `500 ${above ? 12 / scale : Math.max(18, 13 / scale)}px system-ui, sans-serif`;
      context.textBaseline = above ? "bottom" : "middle";
      context.fillText(clipped(context, box.title, box.width - 36), box.x + 18, above ? box.y - 3 : box.y + 24);
    }
  }

  drawEdges(context, view) {
    const many = Math.min(1, 3500 / Math.max(1, this.song.edges.length));
    for (const bundle of this.bundles) {
      if (!meet(bundle.left, bundle.top, bundle.right, bundle.bottom, view)) continue;
      const look = LOOKS[bundle.kind];
      const dense = bundle.kind === "exists" || bundle.kind === "missing" ? Math.max(0.16, many) : 1;
      context.globalAlpha = look.alpha * dense * (bundle.inside ? 1 : 0.6);
      context.strokeStyle = look.colour;
      context.lineWidth = look.width / this.at.scale;
      // Dashes of ten thousand lines are what costs most, and nobody sees them from afar.
      context.setLineDash(bundle.count > 1500 ? [] : look.dash.map((each) => each / this.at.scale));
      context.stroke(bundle.path);
    }
    context.globalAlpha = 1;
    context.setLineDash([]);
  }

  drawPictures(context, view) {
    const { scale } = this.at;
    const hits = this.state.hits;
    for (const picture of this.song.pictures) {
      const { x, y } = this.layout.places[picture.number];
      if (!meet(x - WIDE / 2, y - HIGH / 2, x + WIDE / 2, y + HIGH, view)) continue;
      context.globalAlpha = hits !== null && !hits.has(picture.number) ? 0.16 : picture.never ? 0.4 : 1;
      this.drawPicture(context, picture, x - WIDE / 2, y - HIGH / 2, scale);
    }
    context.globalAlpha = 1;
  }

  drawPicture(context, picture, left, top, scale) {
    const bitmap = WIDE * scale >= PICTURED ? this.thumbs.of(picture) : null;
    context.fillStyle = picture.presence === 0 ? "#2a3038" : "#15181c";
    context.fillRect(left, top, WIDE, HIGH);
    if (bitmap) {
      const most = Math.max(WIDE / bitmap.width, HIGH / bitmap.height);
      const [w, h] = [WIDE / most, HIGH / most];
      context.drawImage(bitmap, (bitmap.width - w) / 2, (bitmap.height - h) / 2, w, h, left, top, WIDE, HIGH);
    }
    if (picture.presence !== 0) {
      context.lineWidth = 1.5 / scale;
      context.strokeStyle = picture.presence === 2 ? LOOKS.damaged.colour : LOOKS.missing.colour;
      context.setLineDash(picture.presence === 1 ? [4 / scale, 4 / scale] : []);
      context.strokeRect(left, top, WIDE, HIGH);
      context.setLineDash([]);
    }
    if (WIDE * scale < LABELLED) return;
    const size = Math.max(9, Math.min(13, 11 / scale));
    const [name, seed] = split(picture.node);
    context.font = `${size}px system-ui, sans-serif`;
    context.textBaseline = "top";
    context.fillStyle = "#7d8590";
    // Inside its own scene a picture is told apart by its seed.
    const scene = this.song.scenes[picture.scenes[0]]?.name;
    context.fillText(clipped(context, scene === name ? seed : picture.node, WIDE), left, top + HIGH + 3);
  }

  drawOver() {
    if (this.song !== null && this.width > 0) drawLive(this);
  }
}

function meet(left, top, right, bottom, view) {
  return left <= view.right && right >= view.left && top <= view.bottom && bottom >= view.top;
}

function clipped(context, text, width) {
  if (context.measureText(text).width <= width) return text;
  let [low, high] = [0, text.length];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (context.measureText(`${text.slice(0, middle)}…`).width <= width) low = middle;
    else high = middle - 1;
  }
  return `${text.slice(0, low)}…`;
}
