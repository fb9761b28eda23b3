// The program picture: stored JPEGs, decoded by the browser and added up by their levels.

import { $, setText } from "./dom.js";

const DECODING_MAX = 2;

export class Program {
  constructor(want, told) {
    this.canvas = $("program");
    this.context = this.canvas.getContext("2d", { alpha: false });
    this.want = want;
    this.told = told;
    this.bitmaps = new Map();
    this.queue = Promise.resolve();
    this.queued = 0;
    this.deck = 1;
    this.pictures = 0;
  }

  // Ask for the next picture as soon as this one is here; with two being decoded, wait for one to be done.
  take(buffer) {
    this.queued += 1;
    if (this.queued < DECODING_MAX) this.want(this.deck);
    this.queue = this.queue.then(() => this.show(buffer)).finally(() => {
      this.queued -= 1;
      if (this.queued === DECODING_MAX - 1) this.want(this.deck);
    });
  }

  async show(buffer) {
    const size = new DataView(buffer).getUint32(0, true);
    const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, size)));
    const before = this.bitmaps;
    const now = new Map();
    let offset = 4 + size;
    for (const layer of header.layers) {
      const key = `${layer.frame} ${layer.movie}`;
      if (layer.bytes > 0) {
        const blob = new Blob([new Uint8Array(buffer, offset, layer.bytes)], { type: "image/jpeg" });
        offset += layer.bytes;
        now.set(key, await createImageBitmap(blob).catch(() => null));
      } else if (!now.has(key)) {
        now.set(key, before.get(key) ?? null);
      }
    }
    if (header.deck === this.deck) {
      this.draw(header.layers.map((layer) => [now.get(`${layer.frame} ${layer.movie}`), layer.level]));
      this.told(header);
    }
    for (const [key, bitmap] of before) if (now.get(key) !== bitmap) bitmap?.close();
    this.bitmaps = now;
    this.pictures += 1;
  }

  draw(layers) {
    const { canvas, context } = this;
    const first = layers.find(([bitmap]) => bitmap)?.[0];
    if (first && (canvas.width !== first.width || canvas.height !== first.height)) {
      canvas.width = first.width;
      canvas.height = first.height;
    }
    context.globalCompositeOperation = "source-over";
    context.globalAlpha = 1;
    context.fillStyle = "#000";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.globalCompositeOperation = "lighter";
    for (const [bitmap, level] of layers) {
      if (!bitmap || level <= 0) continue;
      context.globalAlpha = Math.min(1, level);
      context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    }
  }

  choose(deck) {
    this.deck = deck;
    this.want(deck);
  }

  // After a new connection the server knows nothing of what is held here.
  restart() {
    this.queued = 0;
    this.want(this.deck);
  }

  say(text) {
    $("empty").hidden = text === "";
    setText($("empty"), text);
  }
}
