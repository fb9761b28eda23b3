// The scenes of a song with their pictures as tiles.

import { make } from "./dom.js";
import { split, thumbUrl } from "./songs.js";

export class SongScenes {
  // `handlers`: select(picture, scene), go(picture), goScene(scene).
  constructor(place, handlers) {
    [this.place, this.handlers] = [place, handlers];
    [this.song, this.now, this.next, this.marked] = [null, "", "", ""];
    this.tiles = new Map();
  }

  draw(song, kept) {
    const top = this.place.scrollTop;
    const same = this.song?.id === song.id;
    this.song = song;
    this.tiles.clear();
    const sections = song.scenes.map((scene) => this.section(scene, scene.pictures.filter((each) => kept.has(each)), kept.size < song.pictures.length));
    this.place.replaceChildren(...sections.filter((each) => each !== null));
    if (this.place.childElementCount === 0) this.place.append(make("p", { className: "library-words", textContent: "Nothing here is like that." }));
    this.place.scrollTop = same ? top : 0;
    const marked = song.byNode.get(this.marked);
    this.mark(marked ?? null);
    this.live(this.now, this.next);
  }

  section(scene, inside, filtered) {
    if (filtered && inside.length === 0) return null;
    const head = make("header", {}, make("h3", { textContent: scene.name, title: scene.name }),
      make("small", { textContent: filtered ? `${inside.length} of ${scene.pictures.length}` : String(scene.pictures.length) }),
      make("button", { className: "button small", textContent: "Go", title: `Walk to the nearest picture of ${scene.name}`, onclick: () => this.handlers.goScene(scene) }));
    const tiles = make("ul", { className: "tiles" }, ...inside.map((number) => this.tile(this.song.pictures[number], scene)));
    const section = make("section", { className: "scene" }, head, tiles);
    section.dataset.scene = String(scene.number);
    return section;
  }

  tile(picture, scene) {
    const [name, seed] = split(picture.node);
    const image = picture.stamp
      ? make("img", { loading: "lazy", decoding: "async", alt: "", draggable: false, src: thumbUrl(this.song, picture) })
      : make("i", { textContent: picture.presence === 1 ? "no file" : "" });
    const button = make("button", { className: "tile-button", title: picture.node }, image,
      make("span", { textContent: scene.name === name ? seed : picture.node }), ...badges(picture));
    button.onclick = () => this.handlers.select(picture, scene);
    button.ondblclick = () => this.handlers.go(picture);
    button.onkeydown = (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      event.stopPropagation();
      if (this.marked === picture.node) this.handlers.go(picture);
      else this.handlers.select(picture, scene);
    };
    button.dataset.picture = String(picture.number);
    button.dataset.presence = String(picture.presence);
    button.classList.toggle("never", picture.never);
    const all = this.tiles.get(picture.node) ?? [];
    this.tiles.set(picture.node, [...all, button]);
    return make("li", {}, button);
  }

  // What a drag begins with: the picture, its scene, and what is carried.
  lift(target) {
    const button = target.closest?.(".tile-button");
    if (!button) return null;
    const scene = this.song.scenes[Number(button.closest("[data-scene]").dataset.scene)];
    return { picture: this.song.pictures[Number(button.dataset.picture)], scene, button, at: (element) => this.sceneAt(element) };
  }

  sceneAt(element) {
    const section = element?.closest?.("[data-scene]");
    return section ? { section, scene: this.song.scenes[Number(section.dataset.scene)] } : null;
  }

  mark(picture) {
    for (const button of this.tiles.get(this.marked) ?? []) button.setAttribute("aria-pressed", "false");
    this.marked = picture?.node ?? "";
    for (const button of this.tiles.get(this.marked) ?? []) button.setAttribute("aria-pressed", "true");
  }

  live(now, next) {
    for (const [node, kind] of [[this.now, ""], [this.next, ""], [next, "next"], [now, "now"]]) {
      for (const button of this.tiles.get(node) ?? []) button.dataset.live = kind;
    }
    [this.now, this.next] = [now, next];
  }
}

function badges(picture) {
  const found = [];
  if (picture.presence === 2) found.push(["bad", "damaged", picture.why]);
  if (picture.flawed > 0) found.push(["bad", `${picture.flawed} damaged`, "transitions that are damaged"]);
  if (picture.lacking > 0) found.push(["lack", `${picture.lacking} to make`, "transitions that are wanted and not made"]);
  if (picture.never) found.push(["dim", "never", "it is not shown again"]);
  return found.length === 0 ? [] : [make("em", {}, ...found.map(([className, textContent, title]) => make("b", { className, textContent, title })))];
}
