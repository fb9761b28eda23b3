// The timeline: playhead, range, a strip of the movie's own frames, and a preview under the pointer.

import { $, frameUrl, setText, timeText } from "./dom.js";

const STRIP_HEIGHT = 60;
const TILES_MAX = 16;

export class Scrub {
  constructor(seek) {
    this.seek = seek;
    this.bar = $("scrub");
    this.state = null;
    this.session = "";
    this.dragged = null;
    this.sending = false;
    this.next = null;
    this.stripOf = "";
    this.marksOf = "";
    this.bar.addEventListener("pointerdown", (event) => this.press(event));
    this.bar.addEventListener("pointermove", (event) => this.move(event));
    this.bar.addEventListener("pointerup", () => this.release());
    this.bar.addEventListener("pointercancel", () => this.release());
    this.bar.addEventListener("pointerleave", () => this.hide());
    this.preview = new Image();
    this.preview.onload = this.preview.onerror = () => this.previewed();
    this.loading = "";
    this.due = "";
    new ResizeObserver(() => this.drawStrip()).observe(this.bar);
  }

  update(state, session) {
    if (this.state?.movie !== state.movie) this.hide();
    this.state = state;
    this.session = session;
    const frame = this.dragged ?? state.frame;
    const last = Math.max(1, state.frames - 1);
    $("playhead").style.left = `${(100 * Math.min(frame, last)) / last}%`;
    const [first, final] = [state.in, Math.max(state.in, state.out)];
    $("outside-in").classList.toggle("set", first > 0);
    $("outside-in").style.width = `${(100 * first) / last}%`;
    $("outside-out").classList.toggle("set", final < state.frames - 1);
    $("outside-out").style.width = `${(100 * (last - Math.min(final, last))) / last}%`;
    this.drawMarks(state.marks ?? [], last);
    this.bar.setAttribute("aria-valuemax", String(last));
    this.bar.setAttribute("aria-valuenow", String(frame));
    this.bar.setAttribute("aria-valuetext", `frame ${frame}`);
    this.drawStrip();
  }

  drawMarks(marks, last) {
    const key = JSON.stringify([marks, last]);
    if (this.marksOf === key) return;
    this.marksOf = key;
    $("marks").replaceChildren(...marks.map(([frame]) => {
      const tick = document.createElement("div");
      tick.className = "mark";
      tick.style.left = `${(100 * Math.min(frame, last)) / last}%`;
      return tick;
    }));
  }

  // The mark that a frame belongs to, if the pointer is that close to one.
  markAt(frame) {
    const near = Math.max(1, this.state.frames / 100);
    const [best] = (this.state.marks ?? []).filter(([at]) => Math.abs(at - frame) <= near)
      .sort((one, other) => Math.abs(one[0] - frame) - Math.abs(other[0] - frame));
    return best ? ` · ${best[1]}` : "";
  }

  frameAt(event) {
    const box = this.bar.getBoundingClientRect();
    const fraction = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    return Math.round(fraction * Math.max(0, this.state.frames - 1));
  }

  press(event) {
    if (!this.state?.frames || event.button > 0) return;
    this.bar.setPointerCapture(event.pointerId);
    this.drag(event);
  }

  move(event) {
    if (!this.state?.frames) return;
    if (this.dragged !== null) this.drag(event);
    this.show(event);
  }

  drag(event) {
    this.dragged = this.frameAt(event);
    this.update(this.state, this.session);
    this.next = this.dragged;
    this.send();
  }

  // One seek under way at a time; of those that come meanwhile only the last counts.
  async send() {
    if (this.sending || this.next === null) return;
    const frame = this.next;
    this.next = null;
    this.sending = true;
    await this.seek(frame);
    this.sending = false;
    this.send();
  }

  release() {
    this.dragged = null;
    this.hide();
  }

  show(event) {
    const frame = this.frameAt(event);
    const box = this.bar.getBoundingClientRect();
    const x = Math.min(box.width, Math.max(0, event.clientX - box.left));
    const figure = $("preview");
    $("hover").hidden = figure.hidden = false;
    $("hover").style.left = `${x}px`;
    const width = figure.offsetWidth;
    figure.style.left = `${Math.min(box.width - width, Math.max(0, x - width / 2))}px`;
    setText($("preview-text"), `frame ${frame} · ${timeText(frame / this.state.rate)}${this.markAt(frame)}`);
    this.due = this.url(frame);
    this.loadPreview();
  }

  // A frame that is still on its way is not given up for the next: a fast pointer sees something, too.
  loadPreview() {
    if (this.loading !== "" || this.due === "") return;
    this.loading = this.due;
    this.due = "";
    this.preview.src = this.loading;
  }

  previewed() {
    $("preview-image").src = this.preview.src;
    this.loading = "";
    this.loadPreview();
  }

  url(frame) {
    return frameUrl(...place(this.state, frame), this.session);
  }

  hide() {
    if (this.dragged === null) $("hover").hidden = $("preview").hidden = true;
  }

  async drawStrip() {
    const state = this.state;
    const width = this.bar.clientWidth;
    const key = state ? `${state.clip} ${state.spans?.length ? "" : state.movie} ${state.frames} ${width}` : "";
    if (!state?.movie || this.stripOf === key || width === 0) return;
    this.stripOf = key;
    const canvas = $("strip");
    const scale = Math.min(2, devicePixelRatio || 1);
    canvas.width = width * scale;
    canvas.height = STRIP_HEIGHT * scale;
    const context = canvas.getContext("2d");
    const tiles = Math.min(TILES_MAX, Math.max(3, Math.round(width / (STRIP_HEIGHT * 1.6))), state.frames);
    const tile = canvas.width / tiles;
    for (let n = 0; n < tiles && this.stripOf === key; n++) {
      const frame = Math.min(state.frames - 1, Math.round(((n + 0.5) * state.frames) / tiles));
      const bitmap = await picture(frameUrl(...place(state, frame), this.session));
      if (bitmap === null || this.stripOf !== key) continue;
      cover(context, bitmap, n * tile, tile, canvas.height);
      bitmap.close();
    }
  }
}

// The movie and its frame that a frame of the clip stands for; a span whose last is before its first is reversed.
function place(state, frame) {
  let rest = frame;
  for (const [movie, first, last] of state.spans ?? []) {
    const length = Math.abs(last - first) + 1;
    if (rest < length) return [movie, first + (last < first ? -rest : rest)];
    rest -= length;
  }
  return [state.movie, frame];
}

async function picture(url) {
  try {
    const response = await fetch(url, { priority: "low" });
    return response.ok ? await createImageBitmap(await response.blob()) : null;
  } catch {
    return null;
  }
}

function cover(context, bitmap, x, width, height) {
  const scale = Math.max(width / bitmap.width, height / bitmap.height);
  const [w, h] = [width / scale, height / scale];
  context.drawImage(bitmap, (bitmap.width - w) / 2, (bitmap.height - h) / 2, w, h, x, 0, Math.ceil(width), height);
}
