// Sync: what the beat and the decks follow, how it is heard and read; and main and backup.

import { Control } from "./controls.js";
import { make, setText, style } from "./dom.js";
import { fetched, Poll } from "./poll.js";

const EVERY = 200;
const SOURCES = { midi: "MIDI clock", mtc: "MIDI time code", timecode: "OSC timecode" };
const BEATS = { internal: "its own tempo", tap: "taps", outside: "beats from outside" };
const LEVELS = { locked: "ok", standing: "ok", free: "ok", locking: "poor", freewheel: "poor", before: "ok", after: "ok", waiting: "", off: "", lost: "bad", walk: "poor", opening: "poor", empty: "poor" };
const READ = ["/clock/source", "/clock/device", "/timecode/rate", "/timecode/offset", "/timecode/freewheel", "/timecode/tolerance"];
const DECKS = ["/deck/{n}/chase", "/deck/{n}/chase/start"];

let view = null;

export async function mount(element, dashboard) {
  await Promise.all([style("panels.css"), style("panel_sync.css")]);
  view = new Time(element, dashboard);
  await view.load();
}

export function show() {
  view.poll.start();
}

export function hide() {
  view.poll.stop();
}

export function take(state) {
  view.take(state);
}

class Time {
  constructor(element, dashboard) {
    this.dashboard = dashboard;
    this.controls = [];
    this.heard = new Map(Object.keys(SOURCES).map((source) => [source, this.card(source)]));
    this.words = make("p", { className: "summary" });
    this.words.setAttribute("role", "status");
    this.takeover = make("button", { className: "button alarm", textContent: "Take over", title: "Play from here; the other server is muted (K)", onclick: () => dashboard.send("/system/takeover") });
    this.unlike = make("ul", { className: "differences" });
    this.lines = make("ul", { className: "followers" });
    this.lines.setAttribute("aria-label", "What follows what");
    this.deck = make("h3");
    this.decks = make("div", { className: "controls" });
    this.read = make("div", { className: "controls" });
    const head = make("header", { className: "panel-head" }, make("h2", { textContent: "Sync" }), this.words, make("div", { className: "panel-tools" }, this.takeover));
    const cards = make("div", { className: "heard" }, ...[...this.heard.values()].map(({ element: each }) => each));
    element.append(head, this.unlike, this.lines, cards, this.deck, this.decks, make("h3", { textContent: "How it is read" }), this.read);
    this.poll = new Poll(() => `api/values?deck=${dashboard.deck}`, EVERY, ({ values }) => this.fed(values));
  }

  async load() {
    const { sections } = await fetched("api/table");
    const rows = new Map(sections.flatMap((section) => section.rows).map((row) => [row.address, row]));
    const made = (address) => new Control(rows.get(address), this.dashboard.send, () => this.dashboard.deck);
    const [decks, read] = [DECKS.map(made), READ.map(made)];
    this.controls = [...decks, ...read];
    this.decks.replaceChildren(...decks.map((each) => each.element));
    this.read.replaceChildren(...read.map((each) => each.element));
  }

  card(source) {
    const parts = { lamp: make("i"), place: make("output", { textContent: "–" }), how: make("p") };
    const head = make("h4", {}, parts.lamp, make("span", { textContent: SOURCES[source] }));
    const element = make("article", { className: "hearing" }, head, parts.place, parts.how);
    element.dataset.source = source;
    return { ...parts, element };
  }

  take(state) {
    setText(this.deck, `Deck ${this.dashboard.deck}`);
    this.standby(state.system ?? {});
    const { source, lock, tempo } = state.clock;
    const lines = [["Beat", source, SOURCES[source] ?? BEATS[source] ?? source, lock, `${tempo.toFixed(1)} bpm`]];
    state.decks.forEach((deck, n) => {
      const [followed, how = ""] = (deck.following ?? "").split(" ");
      const off = `${deck.drift >= 0 ? "+" : "−"}${Math.abs(deck.drift ?? 0).toFixed(2)} frames`;
      lines.push([`Deck ${n + 1}`, followed, SOURCES[followed] ?? "nothing", followed ? how : "off", followed ? off : ""]);
    });
    while (this.lines.childElementCount > lines.length) this.lines.lastElementChild.remove();
    lines.forEach((line, n) => this.line(this.lines.children[n] ?? this.lines.appendChild(make("li", {}, make("i"), make("strong"), make("span"), make("em"), make("output"))), line));
  }

  // Which of two servers this is, and how their shows differ.
  standby({ role, active, peer, differences }) {
    const alone = !peer && active !== false;
    const unlike = differences ? differences.split("; ") : [];
    this.words.dataset.level = active === false || unlike.length > 0 || /silent$/.test(peer ?? "") ? "poor" : "ok";
    const other = peer ? `The other one: ${peer}.` : "The other one was not heard yet.";
    setText(this.words, alone ? "No other server." : `This is the ${role}, and ${active ? "plays" : "is muted"}. ${other}${unlike.length > 0 ? "" : " No differences."}`);
    this.takeover.hidden = active !== false;
    this.unlike.hidden = unlike.length === 0;
    while (this.unlike.childElementCount > unlike.length) this.unlike.lastElementChild.remove();
    unlike.forEach((text, n) => setText(this.unlike.children[n] ?? this.unlike.appendChild(make("li")), text));
  }

  line(element, [who, source, what, lock, number]) {
    const [lamp, name, followed, how, value] = element.children;
    element.dataset.level = LEVELS[lock] ?? "";
    lamp.setAttribute("aria-hidden", "true");
    setText(name, who);
    setText(followed, source in SOURCES || source in BEATS ? `follows ${what}` : "follows nothing");
    setText(how, lock === "off" || lock === "free" ? "" : lock);
    setText(value, number);
  }

  fed(values) {
    for (const control of this.controls) control.show(values[control.row.address]);
    for (const [source, card] of this.heard) this.hear(card, (name) => values[`/${source}/state/${name}`]?.[0], source);
  }

  hear({ element, place, how }, value, source) {
    const lock = value("lock") ?? "waiting";
    element.dataset.level = LEVELS[lock] ?? "";
    const clock = source === "midi";
    const told = lock !== "waiting";
    setText(place, !told ? "–" : clock ? `${value("tempo").toFixed(1)} bpm` : value("label"));
    const device = value("device");
    const rest = clock ? [`beat ${Math.floor(value("song") ?? 0)}`, value("playing") ? "plays" : "stands"] : [`${value("rate")} a second`, `speed ${Number(value("speed") ?? 0).toFixed(3)}`];
    setText(how, told ? [lock, ...rest, `jitter ${Number(value("jitter") ?? 0).toFixed(1)} ms`, device].filter(Boolean).join(" · ") : "nothing was heard");
  }
}
