// Hot cues of the deck that is shown: a click jumps, a click with shift or a long press sets.

import { $ } from "./dom.js";

const COUNT = 8;
const LONG = 500;
const NAME = /^cue ([1-8])$/;

export class Cues {
  constructor(command, place = $("cues")) {
    this.command = command;
    this.known = "";
    this.buttons = Array.from({ length: COUNT }, (_, n) => this.button(n + 1));
    place.replaceChildren(...this.buttons);
    place.oncontextmenu = (event) => event.preventDefault();
  }

  button(number) {
    const button = document.createElement("button");
    button.className = "cue";
    button.textContent = String(number);
    let timer = 0;
    let held = false;
    const set = () => this.command(`mark/${number}/set`);
    button.onpointerdown = (event) => {
      held = false;
      if (event.button > 0) return;
      timer = setTimeout(() => {
        held = true;
        set();
      }, LONG);
    };
    button.onpointerup = button.onpointerleave = button.onpointercancel = () => clearTimeout(timer);
    button.onclick = (event) => {
      clearTimeout(timer);
      if (held) held = false;
      else if (event.shiftKey) set();
      else this.command(`mark/${number}`);
    };
    return button;
  }

  // A number without a hot cue means the movie's mark of that number.
  update(marks) {
    const known = JSON.stringify(marks);
    if (known === this.known) return;
    this.known = known;
    const cues = new Map();
    const own = [];
    for (const [frame, name] of marks) {
      const cue = NAME.exec(name);
      if (cue) cues.set(Number(cue[1]), frame);
      else own.push([frame, name]);
    }
    this.buttons.forEach((button, n) => {
      const cue = cues.get(n + 1);
      const mark = own[n];
      button.classList.toggle("set", cue !== undefined);
      button.classList.toggle("mark-of-movie", cue === undefined && mark !== undefined);
      const what = cue !== undefined ? `frame ${cue}` : mark ? `${mark[1]}, frame ${mark[0]}` : "not set";
      button.title = `Hot cue ${n + 1}: ${what}. Shift-click or hold to set it here.`;
      button.setAttribute("aria-label", `Hot cue ${n + 1}, ${what}`);
    });
  }
}
