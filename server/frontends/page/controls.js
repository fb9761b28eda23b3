// Controls made from the endpoint table: each row gets what works it, whatever rows there are.

import { make, setText } from "./dom.js";

const SLIDER_MAX = 2100;
const OWN = 700;
const DIGITS = 4;

// What fills the free places of an address: the deck that is chosen, and what people write.
const FREE = /\{(n|m|name|id|p)\}/g;
const ASKED = { m: ["mark", "1"], name: ["name", "seed"], id: ["job", ""], p: ["player", "0"] };

export function plain(value) {
  if (typeof value === "boolean") return value ? "on" : "off";
  if (typeof value === "number" && !Number.isInteger(value)) return String(Number(value.toFixed(DIGITS)));
  return String(value);
}

// A control of one row. `send(address, ...args)` tells the server; `deck()` is the deck that is chosen.
export class Control {
  constructor(row, send, deck) {
    this.row = row;
    this.send = send;
    this.deck = deck;
    this.touched = -Infinity;
    this.value = undefined;
    this.places = new Map();
    this.element = this.build();
    this.text = `${row.address} ${row.doc} ${row.args.map((arg) => `${arg.name} ${arg.unit ?? ""}`).join(" ")}`.toLowerCase();
  }

  get address() {
    return this.row.address.replace(FREE, (_, name) => (name === "n" ? String(this.deck()) : this.places.get(name)?.value.trim() ?? ""));
  }

  build() {
    const { row } = this;
    const body = make("div", { className: "control-body" });
    for (const [, name] of row.address.matchAll(FREE)) if (name !== "n" && row.kind !== "said") body.append(this.place(name));
    body.append(...this.parts());
    const element = make("article", { className: "control", title: row.doc }, make("h4", { textContent: short(row.address) }), body, make("p", { textContent: this.words() }));
    element.dataset.address = row.address;
    element.dataset.kind = row.kind;
    return element;
  }

  place(name) {
    const [label, value] = ASKED[name];
    const input = make("input", { type: "text", className: "place", value, placeholder: label, autocomplete: "off" });
    input.setAttribute("aria-label", label);
    this.places.set(name, input);
    return input;
  }

  words() {
    const { row } = this;
    const [arg] = row.args;
    const limits = row.args.length === 1 && !arg.choices ? [arg.limits, arg.unit].filter(Boolean).join(" ") : "";
    const otherwise = row.default === null || row.default === "" ? "" : `default ${plain(row.default)}`;
    return [row.doc, limits, otherwise].filter(Boolean).join(" · ");
  }

  parts() {
    const { row } = this;
    if (row.address.startsWith("/td/") && row.kind !== "said") return [make("output", { textContent: "said by renderers" })];
    if (row.kind === "said") return [(this.output = make("output", { textContent: "–" }))];
    if (row.kind === "button") return [this.button("Do", () => this.tell())];
    if (row.kind === "value") return this.one(row.args[0]);
    return this.form();
  }

  button(text, act) {
    return make("button", { className: "button", textContent: text, onclick: act });
  }

  // A place that nobody has filled is no address.
  tell(...args) {
    const empty = [...this.places.values()].find((place) => place.value.trim() === "");
    if (empty !== undefined) return empty.focus();
    this.touched = performance.now();
    return this.send(this.address, ...args);
  }

  one(arg) {
    if (arg.choices) return [this.choice(arg)];
    if (arg.tag === "T") return [this.toggle()];
    if (arg.tag === "s" || arg.tag === "b") return this.typed(arg, (text) => text);
    if (arg.low !== null && arg.high !== null && arg.high - arg.low <= SLIDER_MAX) return this.slider(arg);
    return this.typed(arg, Number);
  }

  choice(arg) {
    if (arg.choices.length > 4) {
      const list = make("select", { onchange: () => this.tell(list.value) }, ...arg.choices.map((each) => make("option", { textContent: each })));
      list.setAttribute("aria-label", this.row.address);
      this.put = (value) => (list.value = String(value));
      return list;
    }
    const group = make("div", { className: "segments" });
    for (const each of arg.choices) {
      const button = make("button", { textContent: each, onclick: () => this.tell(each) });
      button.setAttribute("aria-pressed", "false");
      group.append(button);
    }
    this.put = (value) => [...group.children].forEach((each) => each.setAttribute("aria-pressed", String(each.textContent === value)));
    return group;
  }

  toggle() {
    const button = this.button("–", () => (this.value === undefined ? this.tell() : this.tell(!this.value)));
    this.put = (value) => {
      setText(button, value ? "On" : "Off");
      button.setAttribute("aria-pressed", String(Boolean(value)));
    };
    if (!this.row.asked) setText(button, "Toggle");
    return button;
  }

  slider(arg) {
    const whole = arg.tag !== "f";
    const step = whole ? 1 : arg.high - arg.low > 100 ? 0.1 : arg.high - arg.low > 4 ? 0.01 : 0.001;
    const start = this.row.default ?? arg.default ?? Math.max(arg.low, 0);
    const range = make("input", { type: "range", min: arg.low, max: arg.high, step, value: start });
    const number = make("input", { type: "number", min: arg.low, max: arg.high, step: whole ? 1 : "any", value: plain(start) });
    for (const each of [range, number]) each.setAttribute("aria-label", `${this.row.address} ${arg.name}`);
    range.oninput = () => {
      number.value = plain(Number(range.value));
      this.tell(Number(range.value));
    };
    // On a slider that has the focus arrows move it, not the picture.
    range.addEventListener("keydown", (event) => /^(Arrow|Page|Home|End)/.test(event.key) && event.stopPropagation());
    number.addEventListener("keydown", (event) => event.key === "Enter" && number.blur());
    range.ondblclick = () => this.row.default !== null && this.tell(this.row.default);
    number.onchange = () => this.number(number, (value) => this.tell(value));
    this.put = (value) => {
      range.value = String(value);
      number.value = plain(value);
    };
    return [range, number];
  }

  // What is no number is not sent; the field shows again what is.
  number(input, act) {
    const value = Number(input.value.replace(",", "."));
    if (input.value.trim() !== "" && Number.isFinite(value)) act(value);
    else if (this.value !== undefined) this.put(this.value);
  }

  typed(arg, read) {
    const numeric = read === Number;
    const input = make("input", { type: numeric ? "number" : "text", placeholder: this.hint(arg), autocomplete: "off", spellcheck: false });
    if (numeric) input.step = arg.tag === "f" ? "any" : "1";
    input.setAttribute("aria-label", `${this.row.address} ${arg.name}`);
    const act = () => (numeric ? this.number(input, (value) => this.tell(value)) : this.tell(input.value));
    input.onkeydown = (event) => {
      if (event.key !== "Enter") return;
      act();
      input.blur();
    };
    this.put = (value) => (input.value = plain(value));
    return [input, this.button(this.row.asked ? "Set" : "Do", () => (arg.optional && input.value === "" ? this.tell() : act()))];
  }

  hint(arg) {
    return arg.optional ? `(${arg.name})` : arg.name;
  }

  form() {
    const fields = this.row.args.map((arg) => {
      const field = arg.choices
        ? make("select", {}, ...[...(arg.optional ? [""] : []), ...arg.choices].map((each) => make("option", { textContent: each })))
        : make("input", { type: arg.tag === "s" ? "text" : arg.tag === "T" ? "checkbox" : "number", placeholder: this.hint(arg), step: "any", autocomplete: "off" });
      field.title = [arg.doc, arg.limits, arg.unit].filter(Boolean).join(", ");
      field.setAttribute("aria-label", `${this.row.address} ${arg.name}`);
      return field;
    });
    for (const field of fields) field.addEventListener("keydown", (event) => event.key === "Enter" && this.fill(fields));
    return [...fields, this.button("Do", () => this.fill(fields))];
  }

  // What is left out at the end is not said; in between the server's own default stands for it.
  fill(fields) {
    const { args } = this.row;
    const written = fields.map((field, n) => (field.type === "checkbox" ? field.checked : field.value === "" ? undefined : args[n].tag === "s" || args[n].choices ? field.value : Number(field.value)));
    while (written.length > 0 && written.at(-1) === undefined) written.pop();
    this.tell(...written.map((value, n) => value ?? args[n].default ?? (args[n].tag === "s" ? "" : 0)));
  }

  // The present value, unless somebody is just changing it here.
  show(values) {
    if (values === undefined) return;
    const value = values.length === 1 ? values[0] : values;
    if (this.output) setText(this.output, Array.isArray(value) ? value.map(plain).join("  ") : plain(value));
    const busy = performance.now() - this.touched < OWN || this.element.querySelector(":active, input:focus:not([type=range]), select:focus") !== null;
    if (busy || value === this.value && this.drawn) return;
    this.value = value;
    this.drawn = true;
    this.put?.(value);
  }
}

// As people say it: the deck is chosen elsewhere.
export function short(address) {
  return address.replace("/deck/{n}", "");
}
