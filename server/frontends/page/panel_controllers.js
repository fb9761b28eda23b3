// Controllers: press a row and move a fader, a knob or a button; below, what lies where, and how each does it.

import { MappingCard } from "./mapping_card.js";
import { make, remember, remembered, setText, style } from "./dom.js";
import { fetched, Poll } from "./poll.js";

const EVERY = 150;
const NOT_OURS = ["/learn/", "/td/"];
const FREE = { m: ["mark", "1"], name: ["name", "seed"], id: ["job", ""] };

let view = null;

export async function mount(element, dashboard) {
  await Promise.all([style("panels.css"), style("panel_controllers.css")]);
  view = new Controllers(element, dashboard);
  await view.load();
}

export function show() {
  view.poll.start();
}

export function hide() {
  view.poll.stop();
}

class Controllers {
  constructor(element, dashboard) {
    this.dashboard = dashboard;
    this.rows = [];
    this.cards = new Map();
    this.where = remembered("learn.where", "global");
    this.build(element);
    this.poll = new Poll(() => "api/controllers", EVERY, (said) => this.draw(said));
  }

  build(element) {
    this.scopes = make("div", { className: "segments", title: "Where what is learnt is kept" }, ...[["global", "Every song"], ["song", "This song"]].map(([where, textContent]) => this.scope(where, textContent)));
    this.search = make("input", { type: "search", className: "search", placeholder: "Search rows and mappings", autocomplete: "off", spellcheck: false });
    this.search.setAttribute("aria-label", "Search rows and mappings");
    this.search.oninput = () => this.filter();
    this.words = make("p", { className: "learn-words" });
    this.words.setAttribute("role", "status");
    this.moved = make("output", { className: "learn-moved" });
    this.cancel = make("button", { className: "button", textContent: "Cancel", hidden: true, onclick: () => this.dashboard.send("/learn/cancel") });
    this.banner = make("div", { className: "learn" }, make("i"), make("div", {}, this.words, this.moved), this.cancel);
    this.devices = make("p", { className: "learn-devices" });
    this.troubles = make("ul", { className: "learn-troubles" });
    this.list = make("div", { className: "mappings" });
    this.empty = make("p", { className: "panel-empty", hidden: true });
    this.picker = make("div", { className: "learn-rows" });
    element.append(
      make("header", { className: "panel-head" }, make("h2", { textContent: "Controllers" }), make("div", { className: "panel-tools" }, this.search, this.scopes)),
      this.banner, this.troubles,
      make("div", { className: "learn-columns" },
        make("details", { className: "learn-picker", open: matchMedia("(min-width: 761px)").matches }, make("summary", {}, make("h3", { textContent: "Lay a control on" })), this.picker),
        make("section", {}, make("h3", { textContent: "What lies where" }), this.list, this.empty, this.devices)),
    );
    this.press(this.where);
  }

  scope(where, textContent) {
    const button = make("button", { textContent, onclick: () => this.press(where) });
    button.dataset.where = where;
    return button;
  }

  press(where) {
    this.where = where;
    remember("learn.where", where);
    for (const button of this.scopes.children) button.setAttribute("aria-pressed", String(button.dataset.where === where));
  }

  async load() {
    const { sections } = await fetched("api/table");
    this.rows = [];
    const groups = sections.filter(({ said }) => !said).map(({ title, rows }) => this.group(title, rows.filter((row) => !NOT_OURS.some((start) => row.address.startsWith(start))))).filter(Boolean);
    this.picker.replaceChildren(...groups);
    this.filter();
  }

  group(title, rows) {
    if (rows.length === 0) return null;
    const key = `learn.open.${title}`;
    const element = make("details", { className: "group-of-controls", open: remembered(key, "false") === "true" }, make("summary", { textContent: title }), ...rows.map((row) => this.row(row)));
    element.ontoggle = () => this.search.value === "" && remember(key, element.open);
    element.dataset.key = key;
    return element;
  }

  // A row is a button; what an address or a press has to be told stands beside it.
  row(row) {
    const fields = [...row.address.matchAll(/\{(m|name|id)\}/g)].map(([, name]) => [name, make("input", { type: "text", value: FREE[name][1], placeholder: FREE[name][0] })]);
    const given = row.kind !== "button" && row.args[0]?.tag === "s" && !row.args[0].choices || row.args.filter((arg) => !arg.optional).length > 1;
    const value = given ? make("input", { type: "text", placeholder: `${row.args[0].name} that a press sends` }) : null;
    for (const input of [...fields.map(([, input]) => input), ...(value === null ? [] : [value])]) input.setAttribute("aria-label", `${row.address} ${input.placeholder}`);
    const button = make("button", { className: "learn-row" }, make("code", { textContent: row.address.replace("{n}", "…").replace("/deck/…", "") }), make("span", { textContent: row.doc }));
    button.dataset.address = row.address;
    const element = make("div", { className: "learn-line" }, button, ...fields.map(([, input]) => input), ...(value === null ? [] : [value]));
    button.onclick = () => this.start(row, Object.fromEntries(fields), value);
    this.rows.push({ element, text: `${row.address} ${row.doc}`.toLowerCase() });
    return element;
  }

  start(row, fields, value) {
    if (value !== null && value.value.trim() === "") {
      value.focus();
      return;
    }
    const address = row.address.replace("{n}", this.dashboard.deck).replace(/\{(m|name|id)\}/g, (_, name) => fields[name].value.trim());
    this.dashboard.send("/learn/start", address, this.where, ...(value === null ? [] : [value.value.trim()]));
  }

  draw(said) {
    this.said = said;
    this.banner.dataset.waits = String(said.learning !== null);
    this.cancel.hidden = said.learning === null;
    setText(this.words, said.learning !== null ? `Move a control: it will be laid on ${said.learning.row}` : said.learnt || "Press a row, then move a control of a MIDI device or of an OSC app.");
    setText(this.moved, said.last === null ? "" : `${said.last.control}  ${said.last.values.map((value) => (value === null ? "–" : Number(value.toFixed(3)))).join("  ")}`);
    setText(this.devices, said.midi || (said.devices.length === 0 ? "No MIDI device is plugged in." : said.devices.map(deviceText).join(" · ")));
    this.trouble(said.files);
    this.mappings(said.mappings);
  }

  trouble(files) {
    const lines = files.flatMap(({ path, error, problems, notes }) => [error, ...problems, ...notes].filter(Boolean).map((line) => `${path}: ${line}`));
    if (this.troubles.dataset.lines === String(lines)) return;
    this.troubles.dataset.lines = String(lines);
    this.troubles.replaceChildren(...lines.map((textContent) => make("li", { textContent })));
  }

  mappings(mappings) {
    const keys = new Set();
    for (const mapping of mappings) {
      const key = `${mapping.where} ${mapping.keys.name}`;
      keys.add(key);
      let card = this.cards.get(key);
      if (card === undefined) {
        card = new MappingCard((...words) => this.dashboard.send(...words), this.said.choices);
        this.cards.set(key, card);
        this.list.append(card.element);
      }
      card.take(mapping);
    }
    for (const [key, card] of this.cards) {
      if (keys.has(key)) continue;
      card.element.remove();
      this.cards.delete(key);
    }
    this.filter();
  }

  filter() {
    const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (text) => words.every((word) => text.includes(word));
    for (const { element, text } of this.rows) element.hidden = !fits(text);
    for (const group of this.picker.children) {
      group.hidden = group.querySelector(".learn-line:not([hidden])") === null;
      group.open = words.length > 0 ? !group.hidden : remembered(group.dataset.key, "false") === "true";
    }
    let seen = 0;
    for (const card of this.cards.values()) {
      card.element.hidden = !fits(card.text);
      if (!card.element.hidden) seen += 1;
    }
    this.empty.hidden = seen > 0;
    setText(this.empty, this.cards.size > 0 ? "No mapping has these words." : "Nothing is laid on any control yet.");
  }
}

function deviceText({ name, open, trouble }) {
  return trouble || `${name}${open ? " is heard" : ""}`;
}
