// Small pictures for the drawing: fetched when they are seen, a few at a time, those asked for last first.

import { thumbUrl } from "./songs.js";

const AT_ONCE = 4;
const WAITING_MAX = 150;

export class Thumbs {
  constructor(arrived) {
    this.arrived = arrived;
    this.bitmaps = new Map();
    this.waiting = [];
    this.running = 0;
    this.song = null;
  }

  use(song) {
    const wanted = new Set(song.pictures.map((picture) => name(song, picture)));
    for (const [key, bitmap] of this.bitmaps) {
      // What did not come is asked for again when the song has changed.
      if (wanted.has(key) && bitmap !== null) continue;
      bitmap?.close?.();
      this.bitmaps.delete(key);
    }
    this.song = song;
    this.waiting = [];
  }

  // The bitmap, or null while it is on its way or where there is none.
  of(picture) {
    if (!picture.stamp) return null;
    const key = name(this.song, picture);
    if (!this.bitmaps.has(key)) {
      this.bitmaps.set(key, null);
      this.waiting.push(picture);
      if (this.waiting.length > WAITING_MAX) this.bitmaps.delete(name(this.song, this.waiting.shift()));
      this.next();
    }
    return this.bitmaps.get(key);
  }

  next() {
    while (this.running < AT_ONCE && this.waiting.length > 0) {
      this.running += 1;
      this.fetch(this.song, this.waiting.pop()).finally(() => {
        this.running -= 1;
        this.next();
      });
    }
  }

  async fetch(song, picture) {
    try {
      const response = await fetch(thumbUrl(song, picture), { priority: "low" });
      if (!response.ok) return;
      const bitmap = await createImageBitmap(await response.blob());
      if (this.song?.id !== song.id) bitmap.close();
      else this.bitmaps.set(name(song, picture), bitmap);
      this.arrived();
    } catch {
      // A picture that does not come stays an empty frame.
    }
  }
}

function name(song, picture) {
  return `${song.id} ${picture.key} ${picture.stamp}`;
}
