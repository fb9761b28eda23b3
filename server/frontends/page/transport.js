// Digits and buttons of the deck that is shown.

import { $, setText, timeText, title } from "./dom.js";

const SOON = 10;

export class Transport {
  constructor(command) {
    this.command = command;
    this.state = null;
    for (const name of ["stop", "reverse", "even", "freeze"]) $(name).onclick = () => command(name);
    $("play").onclick = () => command("toggle");
    $("back").onclick = () => command("step", -1);
    $("step").onclick = () => command("step", 1);
    $("in").onclick = () => command("in/here");
    $("out").onclick = () => command("out/here");
    $("whole").onclick = () => command("range/off");
    $("speed").oninput = () => this.speed(2 ** this.snapped());
    $("speed-text").onclick = () => this.speed(1);
    for (const button of $("loop").children) {
      button.setAttribute("role", "radio");
      button.onclick = () => command("loop", button.dataset.loop);
    }
  }

  snapped() {
    const value = Number($("speed").value);
    const whole = Math.round(value);
    return Math.abs(value - whole) < 0.08 ? whole : value;
  }

  speed(times) {
    const backwards = this.state !== null && this.state.speed < 0;
    this.command("speed", backwards ? -times : times);
  }

  update(state) {
    this.state = state;
    setText($("elapsed"), timeText(state.elapsed));
    // A walk ends with its last transition; a picture that stands has no end.
    const left = state.walk ? (state.hops > 0 ? state.arrival : NaN) : state.frames > 1 ? state.remaining : NaN;
    setText($("remaining"), timeText(left));
    const ends = state.playing && (state.loop === "hold" || state.loop === "next") && left < SOON;
    $("remaining").parentElement.classList.toggle("soon", ends);
    setText($("clip"), (state.clip === state.movie ? title(state.movie) : state.clip) || "–");
    setText($("frame"), String(state.frame));
    setText($("frames"), String(Math.max(0, state.frames - 1)));
    setText($("mark"), state.mark || state.picture || "");
    $("play-icon").setAttribute("href", state.playing ? "#i-pause" : "#i-play");
    $("play").setAttribute("aria-label", state.playing ? "Pause" : "Play");
    $("reverse").setAttribute("aria-pressed", String(state.reverse));
    $("even").setAttribute("aria-pressed", String(Boolean(state.even)));
    $("freeze").setAttribute("aria-pressed", String(Boolean(state.frozen)));
    setText($("speed-text"), `${state.speed.toFixed(2).replace("-", "−")}×`);
    if (!$("speed").matches(":active") && state.speed !== 0) $("speed").value = String(Math.log2(Math.abs(state.speed)));
    for (const button of $("loop").children) {
      button.setAttribute("aria-checked", String(button.dataset.loop === state.loop));
    }
  }
}
