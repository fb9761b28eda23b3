// The beat: tempo, tap, what launches wait for, and four lamps that move with the bar.

import { $, setText } from "./dom.js";

const QUIET = new Set(["locked", "standing", "before", "after"]);

// What something follows, and how; nothing where it follows none.
export function follows(element, text) {
  const words = (text ?? "").trim();
  element.hidden = words === "";
  element.classList.toggle("wanting", !QUIET.has(words.split(" ").at(-1)));
  setText(element, words);
}

export class Tempo {
  constructor(command) {
    this.command = command;
    this.heard = null;
    $("tap").onpointerdown = () => command("/clock/tap");
    $("tap").onclick = (event) => event.detail === 0 && command("/clock/tap");
    $("tempo").onchange = () => this.entered();
    // As a property it would return false for every other key, which keeps that from being typed.
    $("tempo").addEventListener("keydown", (event) => event.key === "Enter" && $("tempo").blur());
    for (const button of $("quantise").children) {
      button.setAttribute("role", "radio");
      button.onclick = () => command("/clock/quantise", button.dataset.grid);
    }
    requestAnimationFrame(() => this.blink());
  }

  entered() {
    const bpm = Number($("tempo").value.replace(",", "."));
    if (Number.isFinite(bpm) && bpm > 0) this.command("/clock/tempo", bpm);
    else this.update(this.heard);
  }

  update(clock) {
    if (!clock) return;
    this.heard = clock;
    this.at = performance.now();
    if (document.activeElement !== $("tempo")) $("tempo").value = clock.tempo.toFixed(1);
    follows($("source"), (clock.lock ?? "free") === "free" ? "" : `${clock.source} ${clock.lock}`);
    for (const button of $("quantise").children) {
      button.setAttribute("aria-checked", String(button.dataset.grid === clock.quantise));
    }
  }

  blink() {
    requestAnimationFrame(() => this.blink());
    if (!this.heard) return;
    const beat = this.heard.beat + ((performance.now() - this.at) / 60000) * this.heard.tempo;
    const lamp = ((Math.floor(beat) % 4) + 4) % 4;
    if (lamp === this.lamp) return;
    this.lamp = lamp;
    [...$("beats").children].forEach((each, n) => each.classList.toggle("on", n === lamp));
  }
}
