// A level from 0 to 1: drag it, double-click for full.

import { $, setText } from "./dom.js";

const SETTLES = 400;

export class Fader {
  constructor(id, changed) {
    this.range = $(id);
    this.text = $(`${id}-text`);
    this.changed = changed;
    this.mine = 0;
    this.range.oninput = () => this.move(Number(this.range.value));
    this.range.parentElement.ondblclick = () => this.move(1);
  }

  move(level) {
    this.mine = performance.now() + SETTLES;
    this.show(level);
    this.changed(level);
  }

  // What the server says just after a move is older than the hand.
  update(level) {
    if (!this.range.matches(":active") && performance.now() > this.mine) this.show(level);
  }

  show(level) {
    this.range.value = String(level);
    setText(this.text, `${Math.round(level * 100)} %`);
    this.range.parentElement.classList.toggle("down", level < 0.995);
  }
}
