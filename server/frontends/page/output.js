// A deck's picture on a whole screen and nothing else, whatever happens: without a server the last one stays.

import { $ } from "./dom.js";
import { Link } from "./link.js";
import { Program } from "./program.js";

const POINTER_SHOWN = 2000;

const asked = new URLSearchParams(location.search);
const deck = Math.max(1, Math.trunc(Number(asked.get("deck"))) || 1);
const name = `interscene output, deck ${deck}`;

// The token is in a cookie now; it has no place in the history.
if (asked.has("token")) history.replaceState(null, "", `/output?deck=${deck}`);
document.title = name;

const program = new Program($("program"), (number) => !document.hidden && link.want(number), () => {});
program.deck = deck;

const link = new Link({
  open() {
    document.title = name;
    program.restart();
  },
  closed() {},
  picture: (buffer) => program.take(buffer),
  state() {},
  // The title is the one place for words that is not on the screen.
  error(text) {
    document.title = `${name}: ${text}`;
  },
});

function fullScreen() {
  const done = document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen?.();
  done?.catch(() => {});
}

let pointer = 0;

function pointed() {
  document.body.classList.remove("still");
  clearTimeout(pointer);
  pointer = setTimeout(() => document.body.classList.add("still"), POINTER_SHOWN);
}

// Without this, a projector's machine sleeps in a long piece. Some browsers have it only on this machine's address.
function keepAwake() {
  if (!document.hidden) navigator.wakeLock?.request("screen").catch(() => {});
}

addEventListener("pointermove", pointed);
addEventListener("dblclick", fullScreen);
addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() === "f" && !event.ctrlKey && !event.metaKey && !event.altKey) fullScreen();
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) program.want(deck);
  keepAwake();
});
pointed();
keepAwake();

// For a look from outside, as on the main page.
window.interscene = { pictures: () => program.pictures, connected: () => link.live };
