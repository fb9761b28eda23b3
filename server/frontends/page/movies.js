// The list of movies: a click takes one, with the fade time above the list.

import { $, frameUrl, remember, remembered, setText, title } from "./dom.js";

const SHOWN_MAX = 400;

export class Movies {
  constructor(take) {
    this.take = take;
    this.names = [];
    this.session = "";
    this.current = "";
    $("search").oninput = () => this.draw();
    $("fade").value = remembered("fade", "1");
    $("fade").oninput = () => this.fadeChanged();
    this.fadeChanged();
  }

  get fade() {
    return Number($("fade").value);
  }

  fadeChanged() {
    setText($("fade-text"), this.fade === 0 ? "cut" : `${this.fade.toFixed(1)} s`);
    remember("fade", this.fade);
  }

  async load(session) {
    const response = await fetch("api/movies");
    if (!response.ok) throw new Error(`the list of movies did not come (${response.status})`);
    const { movies } = await response.json();
    if (session === this.session && movies.join("\n") === this.names.join("\n")) return;
    this.session = session;
    this.names = movies;
    this.draw();
  }

  draw() {
    const asked = $("search").value.trim().toLowerCase();
    const found = this.names.filter((name) => name.toLowerCase().includes(asked));
    $("movies").replaceChildren(...found.slice(0, SHOWN_MAX).map((name) => this.row(name)));
    setText($("count"), String(this.names.length));
    const hidden = found.length - SHOWN_MAX;
    $("more").hidden = hidden <= 0 && found.length > 0;
    setText($("more"), hidden > 0 ? `${hidden} more: search to find them`
      : this.names.length === 0 ? "No movies yet: encode one into the media folder" : "Nothing is called that");
    this.mark(this.current);
  }

  row(name) {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.className = "movie";
    button.dataset.movie = name;
    const words = document.createElement("div");
    const strong = document.createElement("strong");
    strong.textContent = title(name);
    const folder = document.createElement("span");
    folder.textContent = name.includes("/") ? name.slice(0, name.lastIndexOf("/")) : "";
    words.append(strong, folder);
    button.append(this.picture(name, button, folder), words);
    button.onclick = async () => {
      button.classList.add("asked");
      await this.take(name, this.fade);
      button.classList.remove("asked");
    };
    item.append(button);
    return item;
  }

  picture(name, button, folder) {
    const image = document.createElement("img");
    image.loading = "lazy";
    image.decoding = "async";
    image.alt = "";
    image.onerror = () => this.without(image, button, folder);
    image.src = frameUrl(name, 0, this.session);
    return image;
  }

  // A quiet tile in place of a broken picture. The movie is blamed only when the server did answer.
  async without(image, button, folder) {
    const tile = document.createElement("div");
    tile.className = "tile";
    image.replaceWith(tile);
    const response = await fetch(image.src).catch(() => null);
    if (response === null || response.status >= 500) return;
    button.title = response.ok ? "its first frame is no picture" : (await response.json().catch(() => ({}))).text ?? "";
    folder.textContent = "cannot be played";
    button.classList.add("unplayable");
  }

  mark(movie) {
    this.current = movie;
    for (const button of $("movies").querySelectorAll("button")) {
      button.setAttribute("aria-current", String(button.dataset.movie === movie));
    }
  }

  // The movie `by` places further in the list than the one on screen.
  neighbour(by) {
    const at = this.names.indexOf(this.current);
    return this.names.at((at + by + this.names.length) % this.names.length);
  }
}
