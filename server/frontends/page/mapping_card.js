// One control and the row it is laid on: what it says, where the value is, and how the one becomes the other.

import { make, setText } from "./dom.js";

// What can be changed of each kind of row; the rest stands in the file.
const FIELDS = {
  number: ["range", "curve", "invert", "steps", "button", "encoder", "step", "pickup", "quantise", "feedback"],
  choice: ["range", "invert", "button", "encoder", "quantise", "feedback"],
  switch: ["invert", "button", "encoder", "quantise", "feedback"],
  press: ["quantise"],
  text: ["value", "button", "quantise", "feedback"],
};
const WORDS = {
  range: "Range", curve: "Curve", invert: "Turned round", steps: "Steps", button: "Button", encoder: "Encoder", step: "A step is", pickup: "Pick up", quantise: "On the", feedback: "Tell it the value", value: "A press sends", channel: "Channel", from: "It says",
};
const SAID = { button: "no button", encoder: "no encoder", off: "spot" };
const HELP = {
  range: "The row's values at the two ends of the control", curve: "How the travel is bent", invert: "The other way round", steps: "So many places, 0 for a smooth travel",
  button: "trigger acts when it is pressed, toggle goes to and fro, momentary holds while it is down", encoder: "How an endless encoder says its steps", step: "What one step of an encoder adds, 0 for a hundredth of the range",
  pickup: "Acts only from where the value is", quantise: "When it acts", feedback: "Motors, rings and lamps follow the value", value: "Sent by a press", channel: "1 to 16, 0 for any", from: "What the control says at its two ends",
};

export class MappingCard {
  constructor(send, choices) {
    this.send = send;
    this.choices = choices;
    this.fields = new Map();
    this.drawn = "";
    this.name = make("strong");
    this.control = make("span");
    this.row = make("code");
    this.value = make("output");
    this.bar = make("i");
    this.hand = make("b");
    this.note = make("em");
    this.meter = make("div", { className: "meter" }, this.bar, this.hand);
    this.editor = make("div", { className: "mapping-editor" });
    this.more = make("details", {}, make("summary", { textContent: "Change" }), this.editor);
    const forget = make("button", { className: "button", textContent: "Forget", title: "Take this mapping away" });
    forget.onclick = () => this.send("/learn/forget", this.keys.name, this.where);
    this.element = make("article", { className: "mapping" }, this.name, this.control, this.row, this.value, this.meter, this.note, this.more, forget);
  }

  take({ where, keys, control, kind, doc, unit, counts, waits, value, share, place }) {
    this.where = where;
    this.keys = keys;
    this.text = `${keys.name} ${control} ${keys.row} ${doc} ${where}`.toLowerCase();
    this.element.dataset.name = keys.name;
    this.element.dataset.counts = String(counts);
    setText(this.name, keys.name);
    setText(this.control, `${control}${where === "song" ? " · this song" : ""}`);
    setText(this.row, keys.row);
    this.row.title = doc;
    setText(this.value, value === "" ? "" : `${value}${unit ? ` ${unit}` : ""}`);
    this.meter.hidden = share === null;
    this.bar.style.width = `${100 * (share ?? 0)}%`;
    this.hand.hidden = place === null;
    this.hand.style.left = `${100 * (place ?? 0)}%`;
    setText(this.note, !counts ? "The song lays something else on this control." : waits ? "Move it to where the value is." : "");
    this.edit(kind);
  }

  edit(kind) {
    const names = [...FIELDS[this.keys.value === null ? kind : "text"], ...(this.keys.midi ? ["channel"] : []), "from"];
    if (this.drawn !== names.join()) {
      this.drawn = names.join();
      this.fields.clear();
      this.editor.replaceChildren(...names.map((name) => this.field(name)));
    }
    for (const [name, put] of this.fields) if (!this.editor.contains(document.activeElement) || document.activeElement.dataset.key !== name) put(this.keys[name]);
  }

  // Texts go as they are, everything else as JSON: that is how the file has them.
  set(key, value) {
    this.send("/learn/set", this.keys.name, key, typeof value === "string" ? value : JSON.stringify(value), this.where).then(() => this.fields.get(key)?.(this.keys[key]));
  }

  field(name) {
    const inside = name === "range" || name === "from" ? this.pair(name) : this.choices[name] ? this.choice(name) : this.one(name);
    return make("label", { title: HELP[name] }, make("span", { textContent: WORDS[name] }), ...inside);
  }

  input(name, type, label) {
    const input = make("input", { type, step: "any", autocomplete: "off" });
    input.dataset.key = name;
    input.setAttribute("aria-label", label);
    return input;
  }

  pair(name) {
    const ends = ["low", "high"].map((end) => this.input(name, "number", `${WORDS[name]} ${end}`));
    for (const end of ends) end.onchange = () => ends.every((each) => each.value !== "") && this.set(name, ends.map((each) => Number(each.value)));
    this.fields.set(name, (value) => ends.forEach((end, n) => (end.value = String(Number(value[n].toFixed(6))))));
    return ends;
  }

  choice(name) {
    const list = make("select", { onchange: () => this.set(name, list.value) }, ...this.choices[name].map((value) => make("option", { value, textContent: value === "" ? SAID[name] : SAID[value] ?? value })));
    list.dataset.key = name;
    list.setAttribute("aria-label", WORDS[name]);
    this.fields.set(name, (value) => (list.value = value));
    return [list];
  }

  one(name) {
    const kind = typeof this.keys[name];
    if (kind === "boolean") {
      const box = this.input(name, "checkbox", WORDS[name]);
      box.onchange = () => this.set(name, box.checked);
      this.fields.set(name, (value) => (box.checked = Boolean(value)));
      return [box];
    }
    const input = this.input(name, kind === "number" ? "number" : "text", WORDS[name]);
    input.onchange = () => this.set(name, kind === "number" ? (Number(input.value) === 0 && name === "step" ? "" : Number(input.value)) : input.value);
    this.fields.set(name, (value) => (input.value = Array.isArray(value) ? JSON.stringify(value) : String(value ?? "")));
    return [input];
  }
}
