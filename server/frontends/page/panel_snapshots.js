// Snapshots: save everything under a name, and bring it back, at once or over a time, all of it or parts.

import { frameUrl, make, remember, remembered, setText, style } from "./dom.js";
import { Poll } from "./poll.js";

const EVERY = 700;
const LONGEST = 20;
const PARTS = [
  ["decks", "Decks", "What every deck shows, and its settings"], ["clock", "Clock", "Tempo, source and quantise"],
  ["master", "Master", "The master faders"], ["generate", "Generator", "How transitions and pictures are made"],
  ["controllers", "Controllers", "What lies on MIDI and OSC controllers"], ["marks", "Hot cues", "The hot cues of every movie"],
];

let view = null;

export async function mount(element, dashboard) {
  await style("panels.css");
  await style("panel_snapshots.css");
  view = new Snapshots(element, dashboard);
}

export function show() {
  view.poll.start();
}

export function hide() {
  view.poll.stop();
}

function button(text, title, act, kind = "") {
  return make("button", { className: `button ${kind}`.trim(), textContent: text, title, onclick: act });
}

function when(made) {
  const date = new Date(made);
  if (Number.isNaN(date.getTime())) return made;
  const today = new Date().toDateString() === date.toDateString();
  return today ? date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }) : date.toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
}

function words(deck) {
  const name = deck.name.slice(deck.name.lastIndexOf("/") + 1).replace(/\.[^.]+$/, "");
  return `${deck.deck}  ${name}${deck.goal ? ` → ${deck.goal}` : ""}${deck.frozen ? " · frozen" : deck.playing ? "" : " · paused"}`;
}

class Snapshots {
  constructor(element, dashboard) {
    this.dashboard = dashboard;
    this.cards = new Map();
    this.parts = new Set();
    this.opened = "";
    this.name = make("input", { type: "text", placeholder: "Name", autocomplete: "off", spellcheck: false, maxLength: 80 });
    this.name.setAttribute("aria-label", "Name of the snapshot");
    this.name.onkeydown = (event) => event.key === "Enter" && this.save();
    this.where = make("select", {}, make("option", { value: "global", textContent: "for every song" }), make("option", { value: "song", textContent: "in this song" }));
    this.where.setAttribute("aria-label", "Where it is saved");
    this.over = make("input", { type: "range", min: 0, max: LONGEST, step: 0.1, value: Number(remembered("recall", "0")) || 0 });
    this.over.setAttribute("aria-label", "Recall over so many seconds");
    this.seconds = make("output");
    this.over.oninput = () => this.timed();
    this.toggles = PARTS.map(([part, text, title]) => button(text, title, () => this.only(part)));
    this.undo = button("Undo", "Back to how it was before the last recall", () => this.dashboard.send("/snapshot/undo"));
    this.lock = button("Lock set-up", "While performing: nobody changes generator, controllers, clock source and latencies", () => this.dashboard.send("/system/lock"));
    this.gone = make("p", { className: "snapshot-gone", hidden: true });
    this.gone.setAttribute("role", "status");
    this.empty = make("p", { className: "panel-empty", textContent: "Nothing is saved yet. Give a name and press Save: decks, walks, clock, generator and controllers come back as they are now." });
    this.list = make("ul", { className: "snapshots" });
    element.append(
      make("header", { className: "panel-head" }, make("h2", { textContent: "Snapshots" }),
        make("div", { className: "snapshot-save" }, this.name, this.where, button("Save", "Save everything as it is now (Enter)", () => this.save(), "primary")),
        make("div", { className: "panel-tools" }, this.undo, this.lock)),
      make("section", { className: "snapshot-how" },
        make("label", { title: "How long a recall takes: pictures fade, and values move" }, make("span", { textContent: "Recall over" }), this.over, this.seconds),
        make("div", { className: "snapshot-parts", role: "group", ariaLabel: "Only these parts; none pressed is everything" }, make("span", { textContent: "only" }), ...this.toggles)),
      this.gone, this.empty, this.list);
    this.timed();
    this.poll = new Poll(() => "api/snapshots", EVERY, (said) => this.draw(said));
  }

  timed() {
    const seconds = Number(this.over.value);
    setText(this.seconds, seconds > 0 ? `${seconds.toFixed(1)} s` : "at once");
    remember("recall", seconds);
  }

  only(part) {
    if (!this.parts.delete(part)) this.parts.add(part);
    this.toggles.forEach((each, n) => each.setAttribute("aria-pressed", String(this.parts.has(PARTS[n][0]))));
  }

  save(name = this.name.value.trim(), where = this.where.value) {
    if (name === "") this.name.focus();
    else this.tell("/snapshot/save", name, where).then((done) => done && (this.name.value = ""));
  }

  // Whether it was done.
  tell(address, ...args) {
    return this.dashboard.link.command(address, ...args).then(() => true, (error) => (this.dashboard.note(error.message), false));
  }

  recall(name) {
    const only = [...this.parts].join(",");
    const seconds = Number(this.over.value);
    if (seconds > 0) this.dashboard.send("/snapshot/recall/over", name, seconds, ...(only ? [only] : []));
    else this.dashboard.send("/snapshot/recall", name, ...(only ? [only] : []));
  }

  draw({ snapshots, now, locked }) {
    this.now = now;
    this.lock.setAttribute("aria-pressed", String(locked));
    setText(this.lock, locked ? "Set-up is locked" : "Lock set-up");
    this.gone.hidden = now.gone === "";
    setText(this.gone, now.gone && `Not found at the last recall: ${now.gone}`);
    this.empty.hidden = snapshots.length > 0;
    const keys = new Set(snapshots.map((each) => `${each.where} ${each.name}`));
    for (const [key, card] of this.cards) {
      if (keys.has(key)) continue;
      card.element.remove();
      this.cards.delete(key);
    }
    for (const each of snapshots) this.fill(this.cards.get(`${each.where} ${each.name}`) ?? this.card(each), each);
  }

  card(snapshot) {
    const { name, where } = snapshot;
    const card = { element: make("li", { className: "snapshot" }), pictures: make("div", { className: "snapshot-pictures" }), title: make("strong"), about: make("small"), decks: make("p"), bar: make("i"), more: make("div", { className: "snapshot-more", hidden: true }) };
    card.recall = make("button", { className: "snapshot-recall", onclick: () => this.recall(card.version ? `${name}.${card.version}` : name) }, card.pictures, card.title, card.about, card.decks, card.bar);
    card.versions = make("select", { title: "Which version a press recalls", onchange: () => (card.version = Number(card.versions.value)) });
    card.versions.setAttribute("aria-label", `Version of ${name}`);
    card.lock = button("Lock", "Nobody overwrites, renames or deletes it", () => this.dashboard.send("/snapshot/lock", name, card.lock.getAttribute("aria-pressed") !== "true", where));
    card.again = button("Save over", "Save everything as it is now under this name; what it was becomes an older version", () => this.save(name, where));
    card.rename = make("input", { type: "text", value: name, maxLength: 80, autocomplete: "off", spellcheck: false });
    card.rename.setAttribute("aria-label", `New name of ${name}`);
    card.rename.onkeydown = (event) => event.key === "Enter" && card.rename.blur();
    card.rename.onchange = () => this.tell("/snapshot/rename", name, card.rename.value.trim(), where).then((done) => done || (card.rename.value = name));
    card.remove = button("Delete", "Take it away, into the folder deleted beside it", () => this.dashboard.send("/snapshot/delete", name, where), "alarm");
    card.menu = button("⋯", `More about ${name}`, () => this.open(card));
    card.menu.setAttribute("aria-expanded", "false");
    card.more.append(card.versions, card.lock, card.again, card.rename, card.remove);
    card.element.append(card.recall, card.menu, card.more);
    this.cards.set(`${where} ${name}`, card);
    this.list.append(card.element);
    return card;
  }

  open(card) {
    card.more.hidden = !card.more.hidden;
    card.menu.setAttribute("aria-expanded", String(!card.more.hidden));
  }

  fill(card, snapshot) {
    const { name, where, made, locked, versions, decks, tempo, problem } = snapshot;
    const known = JSON.stringify(snapshot);
    const current = this.now.name.replace(/\.[1-9]$/, "") === name;
    card.element.dataset.current = String(current);
    card.element.dataset.moving = String(current && (this.now.left > 0 || this.now.opening));
    setText(card.bar, !current ? "" : this.now.left > 0.05 ? `${this.now.left.toFixed(1)} s` : this.now.opening ? "opening" : "");
    if (card.known === known) return;
    card.known = known;
    card.recall.disabled = problem !== "";
    card.recall.title = problem || `Bring back ${name}`;
    card.pictures.replaceChildren(...decks.filter((deck) => deck.movie).slice(0, 4).map((deck) => make("img", {
      alt: "", loading: "lazy", src: frameUrl(deck.movie, deck.frame, this.dashboard.session), onerror: (event) => event.target.classList.add("gone") })));
    setText(card.title, name);
    setText(card.about, [locked ? "locked" : "", where === "song" ? "this song" : "", when(made), tempo === null ? "" : `${Math.round(10 * tempo) / 10} bpm`].filter(Boolean).join(" · "));
    setText(card.decks, problem || decks.map(words).join("\n"));
    card.element.dataset.problem = String(problem !== "");
    card.lock.setAttribute("aria-pressed", String(locked));
    setText(card.lock, locked ? "Locked" : "Lock");
    card.again.disabled = locked;
    card.rename.disabled = locked;
    card.remove.disabled = locked;
    card.version = versions.includes(card.version) ? card.version : 0;
    card.versions.replaceChildren(make("option", { value: "0", textContent: "newest" }), ...versions.map((number) => make("option", { value: String(number), textContent: number === 1 ? "the one before" : `${number} before` })));
    card.versions.value = String(card.version);
    card.versions.hidden = versions.length === 0;
  }
}
