// The program picture: stored JPEGs, decoded by the browser and added up by their levels.

const DECODING_MAX = 2;

export class Program {
  constructor(canvas, want, told) {
    this.canvas = canvas;
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
      this.pictures += 1;
      this.told(header);
    }
    for (const [key, bitmap] of before) if (now.get(key) !== bitmap) bitmap?.close();
    this.bitmaps = now;
  }

  draw(layers) {
    const { canvas, context } = this;
    this.shape(layers.map(([bitmap]) => bitmap).filter((bitmap) => bitmap));
    context.globalCompositeOperation = "source-over";
    context.globalAlpha = 1;
    context.fillStyle = "#000";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.globalCompositeOperation = "lighter";
    for (const [bitmap, level] of layers) {
      if (!bitmap || level <= 0) continue;
      const scale = Math.min(canvas.width / bitmap.width, canvas.height / bitmap.height);
      const [width, height] = [bitmap.width * scale, bitmap.height * scale];
      context.globalAlpha = Math.min(1, level);
      context.drawImage(bitmap, (canvas.width - width) / 2, (canvas.height - height) / 2, width, height);
    }
  }

  // A movie alone gives the canvas its shape. Movies of different shapes meet in the shape of the screen: there
  // each is as large as it is alone, so neither end of a dissolve jumps.
  shape(bitmaps) {
    const { canvas } = this;
    const [first] = bitmaps;
    if (first === undefined) return;
    let { width, height } = first;
    if (bitmaps.some((each) => each.width !== width || each.height !== height)) {
      const aspect = canvas.clientWidth / canvas.clientHeight || width / height;
      const onScreen = canvas.clientWidth * (devicePixelRatio || 1);
      const largest = Math.max(onScreen, ...bitmaps.map((each) => Math.max(each.width, each.height * aspect)));
      [width, height] = [Math.round(largest), Math.round(largest / aspect)];
    }
    if (canvas.width === width && canvas.height === height) return;
    canvas.width = width;
    canvas.height = height;
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
}
