// The controls of walks: next, back, by chance, without end; how, over which fade, in which time.

import { make, remember, remembered, setText } from "./dom.js";

const HOWS = [["interrupt", "Fade out of the transition that plays"], ["turn", "Turn round where that is nearer"], ["queue", "Play it to its end first"]];
const SETTLES = 500;

export class Walker {
  constructor(place, dash) {
    this.dash = dash;
    this.mine = 0;
    this.auto = make("button", { className: "button", textContent: "Auto", title: "Walk on from picture to picture without end", onclick: () => dash.onDeck("go/auto") });
    this.hows = HOWS.map(([how, title]) => make("button", { textContent: how, title, onclick: () => dash.onDeck("go/how", how) }));
    for (const button of this.hows) button.setAttribute("role", "radio");
    const hows = make("div", { className: "segments" }, ...this.hows);
    hows.setAttribute("role", "radiogroup");
    hows.setAttribute("aria-label", "What becomes of the transition that plays");
    this.fade = make("input", { type: "range", min: "0", max: "5", step: "0.1", value: "0.5" });
    this.fade.setAttribute("aria-label", "Fade in seconds");
    this.fadeText = make("output", { textContent: "0.5 s" });
    this.fade.oninput = () => this.faded(Number(this.fade.value));
    this.time = make("input", { type: "text", inputMode: "decimal", placeholder: "own", value: remembered("way", ""), autocomplete: "off" });
    this.time.setAttribute("aria-label", "Seconds for the whole way; empty: its own time");
    this.time.onchange = () => remember("way", this.seconds === null ? "" : this.seconds);
    // As a property it would return false for every other key, which keeps that from being typed.
    this.time.addEventListener("keydown", (event) => event.key === "Enter" && this.time.blur());
    place.append(
      make("div", { className: "group" },
        make("button", { className: "button", textContent: "Back", title: "To the picture before", onclick: () => dash.onDeck("go/back") }),
        make("button", { className: "button", textContent: "Next", title: "On to the next picture", onclick: () => dash.onDeck("go/next") }),
        make("button", { className: "button", textContent: "Random", title: "To a picture drawn by chance, one that was not seen yet if there is any", onclick: () => dash.onDeck("go/random") }),
        this.auto),
      hows,
      make("label", { className: "graph-fade", title: "The fade out of a transition, and over one that is missing" }, make("span", { textContent: "Fade" }), this.fade, this.fadeText),
      make("label", { className: "graph-time", title: "The time for the whole way; empty: its own time" }, make("span", { textContent: "In" }), this.time, make("span", { textContent: "s" })));
  }

  get seconds() {
    const value = Number(this.time.value.replace(",", "."));
    return this.time.value.trim() !== "" && Number.isFinite(value) && value >= 0 ? value : null;
  }

  faded(seconds) {
    this.mine = performance.now() + SETTLES;
    setText(this.fadeText, seconds === 0 ? "cut" : `${seconds.toFixed(1)} s`);
    this.dash.onDeck("go/fade", seconds);
  }

  go(node) {
    const { seconds } = this;
    return seconds === null ? this.dash.onDeck("go/picture", node) : this.dash.onDeck("go/picture/over", node, seconds);
  }

  update(deck) {
    this.auto.setAttribute("aria-pressed", String(Boolean(deck.auto)));
    this.hows.forEach((button, n) => button.setAttribute("aria-checked", String(HOWS[n][0] === deck.how)));
    if (deck.go === undefined || this.fade.matches(":active") || performance.now() < this.mine) return;
    this.fade.value = String(deck.go.fade);
    setText(this.fadeText, deck.go.fade === 0 ? "cut" : `${deck.go.fade.toFixed(1)} s`);
  }
}
