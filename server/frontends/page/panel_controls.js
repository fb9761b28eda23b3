// Controls: every row of the endpoint table, made into something to press, move or write in, with its present value.

import { Control } from "./controls.js";
import { make, remember, remembered, setText, style } from "./dom.js";
import { fetched, Poll } from "./poll.js";

const EVERY = 250;
const OPEN = "What a deck shows";

let view = null;

export async function mount(element, dashboard) {
  await style("panels.css");
  view = new Controls(element, dashboard);
  await view.load();
}

export function show() {
  view.poll.start();
}

export function hide() {
  view.poll.stop();
}

export function take(state) {
  view.session(state.session);
}

class Controls {
  constructor(element, dashboard) {
    this.dashboard = dashboard;
    this.controls = [];
    this.groups = [];
    this.known = dashboard.session;
    this.search = make("input", { type: "search", className: "search", placeholder: "Search controls", autocomplete: "off", spellcheck: false });
    this.search.setAttribute("aria-label", "Search controls");
    this.search.oninput = () => this.filter();
    this.empty = make("p", { className: "panel-empty", hidden: true, textContent: "No control has these words." });
    this.body = make("div", { className: "groups" });
    const docs = make("a", { className: "button", href: "docs", target: "_blank", textContent: "Every address", title: "All addresses with types, ranges and examples" });
    element.append(make("header", { className: "panel-head" }, make("h2", { textContent: "Controls" }), make("div", { className: "panel-tools" }, this.search, docs)), this.empty, this.body);
    this.poll = new Poll(() => `api/values?deck=${dashboard.deck}`, EVERY, ({ values }) => this.fed(values));
  }

  async load() {
    const { sections } = await fetched("api/table");
    this.controls = [];
    this.groups = sections.map((section) => this.group(section));
    this.body.replaceChildren(...this.groups.map((group) => group.element));
    this.filter();
  }

  // Another server may have another table.
  session(session) {
    if (session === this.known) return;
    this.known = session;
    this.load().catch(() => (this.known = ""));
  }

  group({ title, rows }) {
    const controls = rows.map((row) => new Control(row, this.dashboard.send, () => this.dashboard.deck));
    this.controls.push(...controls);
    const element = make("details", { className: "group-of-controls" }, make("summary", { textContent: title }), make("div", { className: "controls" }, ...controls.map((each) => each.element)));
    const key = `controls.${title}`;
    const group = { element, controls, key, title };
    element.ontoggle = () => this.search.value === "" && remember(key, element.open);
    return group;
  }

  filter() {
    const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let found = 0;
    for (const { element, controls, key, title } of this.groups) {
      let seen = 0;
      for (const control of controls) {
        control.element.hidden = !words.every((word) => control.text.includes(word));
        if (!control.element.hidden) seen += 1;
      }
      element.hidden = seen === 0;
      element.open = words.length > 0 ? seen > 0 : remembered(key, String(title === OPEN)) === "true";
      found += seen;
    }
    this.empty.hidden = found > 0;
    setText(this.empty, "No control has these words.");
  }

  fed(values) {
    for (const control of this.controls) if (!control.element.hidden) control.show(values[control.row.address]);
  }
}
