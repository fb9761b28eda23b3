// One key for everything that matters, and a list of them.

import { $ } from "./dom.js";

// What may be held down. Of every other key only the press counts: a switch would flicker, a tap give no tempo.
const HELD = new Set(["arrowleft", "arrowright", "+", "=", "-"]);

export function listen(actions) {
  const keys = [
    ["space", "play or pause", () => actions.deck("toggle")],
    ["←  →", "one frame; with shift ten", null],
    ["r", "turn round", () => actions.deck("reverse")],
    ["s", "stop: back to the in point", () => actions.deck("stop")],
    ["f", "freeze and let go", () => actions.deck("freeze")],
    ["i  o", "in and out point are here", null],
    ["u", "play the whole clip", () => actions.deck("range/off")],
    [",  .", "previous and next mark", null],
    ["l", "next of hold, loop, bounce, next", actions.loop],
    ["1", "the movie's own speed", () => actions.deck("speed", 1)],
    ["+  −", "faster, slower", null],
    ["n  p", "next and previous movie", null],
    ["d", "the other deck", actions.otherDeck],
    ["t", "tap the tempo", () => actions.show("/clock/tap")],
    ["b", "black", () => actions.show("/master/black")],
    ["k", "take over, where this server is muted", () => actions.show("/system/takeover")],
    ["/", "search", search],
    ["⇧1 … ⇧9", "stage, graph, library, cues, jobs, messages, settings, health, controls", null],
    ["?", "this list", () => $("keys").showModal()],
  ];
  const further = {
    arrowleft: (event) => actions.deck("step", event.shiftKey ? -10 : -1),
    arrowright: (event) => actions.deck("step", event.shiftKey ? 10 : 1),
    home: () => actions.deck("position", 0),
    end: () => actions.deck("position", 1),
    i: () => actions.deck("in/here"),
    o: () => actions.deck("out/here"),
    ",": () => actions.deck("mark/back"),
    ".": () => actions.deck("mark/next"),
    "+": () => actions.faster(1.1892),
    "=": () => actions.faster(1.1892),
    "-": () => actions.faster(1 / 1.1892),
    n: () => actions.neighbour(1),
    p: () => actions.neighbour(-1),
  };
  const table = { ...Object.fromEntries(keys.filter(([, , act]) => act).map(([key, , act]) => [key === "space" ? " " : key, act])), ...further };
  $("keys-list").replaceChildren(...keys.flatMap(([key, words]) => [entry("dt", key), entry("dd", words)]));
  $("help").onclick = () => $("keys").showModal();
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || $("keys").open) return;
    const typing = event.target.matches("input[type=text], input[type=search], input[type=number], textarea, select");
    if (typing) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const act = table[event.key.toLowerCase()] ?? panelKey(event, actions.panel);
    if (act === undefined) return;
    event.preventDefault();
    if (event.repeat && !HELD.has(event.key.toLowerCase())) return;
    // A button that was clicked keeps the focus, and would take the space bar for itself.
    if (event.target.matches("button, input")) event.target.blur();
    act(event);
  });
}

// By its place: what a key with shift writes is another sign on every keyboard.
function panelKey(event, panel) {
  const number = event.shiftKey && /^Digit([1-9])$/.exec(event.code);
  return number ? () => panel(Number(number[1])) : undefined;
}

function search() {
  [...document.querySelectorAll("input[type=search]")].find((each) => each.offsetParent !== null)?.focus();
}

function entry(kind, text) {
  const element = document.createElement(kind);
  element.textContent = text;
  return element;
}
