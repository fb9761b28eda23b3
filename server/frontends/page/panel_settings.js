// Settings: the value of each, where it comes from, and how it is changed; those with an address at once.

import { Control, plain } from "./controls.js";
import { make, setText, style } from "./dom.js";
import { fetched, Poll } from "./poll.js";

const EVERY = 1000;
const WHERE = { default: "as it comes", song: "the song's file", preset: "a preset", environment: "the environment", "command line": "the command line", live: "changed while running", locked: "locked by the song" };

let view = null;

export async function mount(element, dashboard) {
  await style("panels.css");
  view = new Settings(element, dashboard);
  await view.load();
}

export function show() {
  view.poll.start();
}

export function hide() {
  view.poll.stop();
}

class Settings {
  constructor(element, dashboard) {
    this.dashboard = dashboard;
    this.entries = new Map();
    this.search = make("input", { type: "search", className: "search", placeholder: "Search settings", autocomplete: "off", spellcheck: false });
    this.search.setAttribute("aria-label", "Search settings");
    this.search.oninput = () => this.filter();
    this.body = make("div", { className: "settings" });
    this.empty = make("p", { className: "panel-empty", hidden: true, textContent: "No setting has these words." });
    element.append(make("header", { className: "panel-head" }, make("h2", { textContent: "Settings" }), make("div", { className: "panel-tools" }, this.search)), this.empty, this.body);
    this.poll = new Poll(() => "api/settings", EVERY, ({ settings }) => this.draw(settings));
  }

  async load() {
    const [{ settings }, { sections }] = await Promise.all([fetched("api/settings"), fetched("api/table")]);
    this.rows = new Map(sections.flatMap(({ rows }) => rows).map((row) => [row.address, row]));
    this.draw(settings);
  }

  draw(settings) {
    for (const setting of settings) {
      const entry = this.entries.get(setting.name) ?? this.add(setting);
      this.fill(entry, setting);
    }
    this.filter();
  }

  add(setting) {
    const id = `settings-${setting.part.toLowerCase()}`;
    let part = this.body.querySelector(`#${id}`);
    if (part === null) {
      part = make("section", { id }, make("h3", { textContent: setting.part }));
      this.body.append(part);
    }
    const entry = {
      element: make("article", { className: "setting" }), name: make("h4"), value: make("output"), from: make("span", { className: "origin" }),
      now: make("div", { className: "now" }), doc: make("p"), how: make("small"), controls: new Map(),
    };
    entry.element.append(entry.name, entry.value, entry.from, entry.doc, entry.now, entry.how);
    entry.element.dataset.setting = setting.name;
    part.append(entry.element);
    this.entries.set(setting.name, entry);
    return entry;
  }

  fill(entry, setting) {
    const unit = setting.unit ? ` ${setting.unit}` : "";
    const live = setting.changed && !setting.locked;
    const origin = live ? "live" : setting.layer;
    entry.text = `${setting.name} ${setting.doc} ${setting.value} ${setting.origin} ${setting.how}`.toLowerCase();
    setText(entry.name, setting.name.replaceAll("_", " "));
    setText(entry.value, `${setting.value}${unit}`);
    setText(entry.from, live ? WHERE.live : `${WHERE[origin]}${["default", "locked", "command line"].includes(origin) ? "" : ` (${setting.origin})`}`);
    entry.from.dataset.layer = origin;
    entry.from.title = setting.origin;
    const about = [setting.doc, setting.limits && `${setting.limits}${unit}`, setting.value === setting.default ? "" : `default ${setting.default}${unit}`];
    setText(entry.doc, about.filter(Boolean).join(" · "));
    setText(entry.how, setting.how);
    const now = Object.entries(setting.now);
    const row = this.rows.get(setting.address);
    if (row !== undefined && !setting.locked) for (const [address, value] of now) this.now(entry, row, address, value);
    else setText(entry.now, now.map(([address, value]) => `now ${plain(value)} (${address})`).join(", "));
  }

  // What it is at this moment, to be changed here; of a row of decks once for each.
  now(entry, row, address, value) {
    let control = entry.controls.get(address);
    if (control === undefined) {
      control = new Control({ ...row, address }, this.dashboard.send, () => 0);
      const deck = /^\/deck\/(\d+)\//.exec(address);
      entry.now.append(make("div", { className: "live" }, make("span", { textContent: deck ? `deck ${deck[1]}` : "now" }), control.element.querySelector(".control-body")));
      entry.controls.set(address, control);
    }
    control.show([value]);
  }

  filter() {
    const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let seen = 0;
    for (const { element, text } of this.entries.values()) {
      element.hidden = !words.every((word) => text.includes(word));
      if (!element.hidden) seen += 1;
    }
    for (const part of this.body.children) part.hidden = part.querySelector(".setting:not([hidden])") === null;
    this.empty.hidden = seen > 0;
  }
}
