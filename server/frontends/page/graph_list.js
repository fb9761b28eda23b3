// The pictures of a song as a list, scene by scene: everything that the drawing offers, for keyboard and screen reader.

import { make } from "./dom.js";
import { split, thumbUrl } from "./songs.js";

const SHOWN_MAX = 600;

export class PictureList {
  constructor(place, chosen) {
    [this.place, this.chosen] = [place, chosen];
    [this.song, this.hits, this.now, this.next] = [null, null, "", ""];
    this.buttons = new Map();
  }

  show(song) {
    this.song = song;
    this.draw();
  }

  filter(hits) {
    this.hits = hits;
    this.draw();
  }

  draw() {
    if (this.place.hidden || this.song === null) return;
    this.buttons.clear();
    const parts = [];
    let left = SHOWN_MAX;
    for (const scene of this.song.scenes) {
      const inside = scene.pictures.filter((number) => this.hits === null || this.hits.has(number));
      if (inside.length === 0) continue;
      parts.push(make("h3", { textContent: scene.name }), make("ul", {}, ...inside.slice(0, left).map((number) => this.row(this.song.pictures[number]))));
      left = Math.max(0, left - inside.length);
    }
    if (left === 0) parts.push(make("p", { textContent: `only ${SHOWN_MAX} are listed: search for more` }));
    if (parts.length === 0) parts.push(make("p", { textContent: "Nothing is called that." }));
    this.place.replaceChildren(...parts);
    this.live(this.now, this.next);
  }

  row(picture) {
    const [name, seed] = split(picture.node);
    const image = picture.stamp ? make("img", { loading: "lazy", decoding: "async", alt: "", src: thumbUrl(this.song, picture) }) : make("i");
    const ways = picture.presence === 0 ? `${picture.whole} ways` : picture.presence === 1 ? "no file yet" : "damaged";
    const button = make("button", { onclick: () => this.chosen(picture) }, image,
      make("span", {}, make("strong", { textContent: name }), make("small", { textContent: `${seed} · ${ways}` })));
    this.buttons.set(picture.node, button);
    return make("li", {}, button);
  }

  live(now, next) {
    for (const [node, name] of [[this.now, null], [this.next, null], [next, "next"], [now, "now"]]) {
      const button = this.buttons.get(node);
      if (button === undefined) continue;
      if (name === null) delete button.dataset.live;
      else button.dataset.live = name;
    }
    [this.now, this.next] = [now, next];
  }
}
