// One picture: what it is, where it leads, and what can be done with it without a mouse.

import { make } from "./dom.js";
import { split, thumbUrl } from "./songs.js";

const WAYS_MAX = 40;
const WORDS = { exists: "", stale: "older ends", damaged: "damaged", making: "being made", missing: "not made" };
const ORDER = ["making", "damaged", "exists", "stale", "missing"];

export class Details {
  // `handlers`: go(picture), never(picture), move(picture, from, to), close().
  constructor(place, handlers) {
    [this.place, this.handlers] = [place, handlers];
    [this.song, this.picture, this.scene] = [null, null, null];
  }

  show(song, picture, scene) {
    [this.song, this.picture, this.scene] = [song, picture, scene ?? song?.scenes[picture?.scenes[0]] ?? null];
    this.place.hidden = picture === null;
    if (picture !== null) this.draw();
  }

  // The same picture as it is in a newer version of the song.
  renew(song) {
    if (this.picture === null) return;
    const picture = song.byNode.get(this.picture.node);
    if (song.id !== this.song.id || picture === undefined) this.show(song, null, null);
    else if (song !== this.song) this.show(song, picture, song.scenes.find((each) => each.name === this.scene?.name && each.pictures.includes(picture.number)) ?? null);
  }

  live(on) {
    this.place.querySelector(".details-never")?.toggleAttribute("disabled", !on || this.picture?.never);
  }

  draw() {
    const { song, picture, handlers } = this;
    const [name, seed] = split(picture.node);
    const image = picture.stamp ? make("img", { alt: "", src: thumbUrl(song, picture) }) : make("i", { textContent: "no file" });
    const never = make("button", { className: "button details-never", textContent: picture.never ? "Never shown" : "Never again", title: "Not to be shown again: written into never_again.txt", onclick: () => handlers.never(picture) });
    this.place.replaceChildren(
      make("button", { className: "button round details-close", textContent: "×", ariaLabel: "Close", onclick: handlers.close }),
      image,
      make("h3", { textContent: name }), make("small", { textContent: `seed ${seed}` }),
      ...(picture.why ? [make("p", { className: "bad", textContent: picture.why })] : []),
      ...(picture.prompt ? [make("p", { className: "prompt", textContent: picture.prompt })] : []),
      make("div", { className: "details-buttons" },
        make("button", { className: "button primary", textContent: "Go", title: "Walk there", onclick: () => handlers.go(picture) }), never),
      this.mover(), this.ways());
  }

  mover() {
    const { song, picture, scene } = this;
    if (scene === null) return "";
    const select = make("select", { title: "Put it into another scene" }, make("option", { textContent: `in ${scene.name}`, value: "" }),
      ...song.scenes.filter((each) => !picture.scenes.includes(each.number)).map((each) => make("option", { textContent: `move to ${each.name}`, value: String(each.number) })));
    select.setAttribute("aria-label", "Scene");
    select.onchange = () => select.value !== "" && this.handlers.move(picture, scene, song.scenes[Number(select.value)]);
    return make("label", { className: "details-scene" }, select);
  }

  ways() {
    const { song, picture } = this;
    const ways = song.edges.filter((edge) => edge.one === picture.number || edge.other === picture.number)
      .map((edge) => ({ ...edge, to: song.pictures[edge.one === picture.number ? edge.other : edge.one] }))
      .sort((one, other) => ORDER.indexOf(one.kind) - ORDER.indexOf(other.kind));
    const items = ways.slice(0, WAYS_MAX).map(({ to, kind, why }) => make("li", { className: kind, title: why },
      make("span", { textContent: to.node }), make("small", { textContent: why ? `${WORDS[kind]}: ${why}` : WORDS[kind] })));
    const more = ways.length - items.length;
    return make("div", { className: "details-ways" }, make("h4", { textContent: ways.length === 0 ? "No transitions" : "Transitions" }),
      make("ul", {}, ...items), ...(more > 0 ? [make("small", { textContent: `and ${more} more` })] : []));
  }
}
