// Messages: what came in, what it meant and what became of it. The same again and again is one line with a rate.

import { make, setText, style } from "./dom.js";
import { Poll } from "./poll.js";

const EVERY = 300;
const KEPT = 300;

let view = null;

export async function mount(element) {
  await style("panels.css");
  view = new Messages(element);
}

export function show() {
  view.poll.start();
}

export function hide() {
  view.poll.stop();
}

class Messages {
  constructor(element) {
    this.lines = new Map();
    this.newest = 0;
    this.held = 0;
    this.paused = false;
    this.session = null;
    this.build(element);
    this.poll = new Poll(() => `api/messages?after=${this.newest}`, EVERY, (said) => this.heard(said));
  }

  build(element) {
    this.search = make("input", { type: "search", className: "search", placeholder: "Address, sender or words", autocomplete: "off", spellcheck: false });
    this.search.setAttribute("aria-label", "Search messages");
    this.search.oninput = () => this.filter();
    this.trouble = this.toggle("Trouble", "Only what was not done, and why");
    this.renderers = this.toggle("Renderers", "Also what renderers tell of themselves");
    this.pause = make("button", { className: "button", textContent: "Pause", title: "Hold this list; nothing is lost" });
    this.pause.onclick = () => this.hold(!this.paused);
    const clear = make("button", { className: "button", textContent: "Clear", title: "Empty this list" });
    clear.onclick = () => this.clear();
    const tools = make("div", { className: "panel-tools" }, this.search, this.trouble, this.renderers, this.pause, clear);
    this.empty = make("p", { className: "panel-empty" });
    this.list = make("ol", { className: "messages" });
    element.append(make("header", { className: "panel-head" }, make("h2", { textContent: "Messages" }), tools), this.empty, this.list);
    this.filter();
  }

  toggle(text, title) {
    const button = make("button", { className: "button", textContent: text, title });
    button.setAttribute("aria-pressed", "false");
    button.onclick = () => {
      button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
      this.filter();
    };
    return button;
  }

  hold(paused) {
    this.paused = paused;
    this.held = 0;
    this.pause.setAttribute("aria-pressed", String(paused));
    setText(this.pause, paused ? "Go on" : "Pause");
    if (!paused) for (const line of this.lines.values()) this.draw(line);
    this.filter();
  }

  clear() {
    this.lines.clear();
    this.list.replaceChildren();
    this.filter();
  }

  // Another server counts anew: what the old one did stays to be read, and all of the new one is asked for.
  heard({ session, newest, lines }) {
    if (this.session !== null && session !== this.session) {
      this.lines = new Map([...this.lines].map(([key, line]) => [`${this.session} ${key}`, line]));
      this.session = session;
      this.newest = 0;
      return;
    }
    this.session = session;
    this.newest = newest;
    const now = Date.now();
    for (const said of lines) {
      const line = this.lines.get(said.id) ?? { element: null };
      line.said = said;
      line.at ??= now - 1000 * said.ago;
      this.lines.set(said.id, line);
      if (!this.paused) this.draw(line);
      else this.held += 1;
    }
    while (this.lines.size > KEPT) {
      const [key, line] = this.lines.entries().next().value;
      line.element?.remove();
      this.lines.delete(key);
    }
    if (this.paused && this.held > 0) setText(this.pause, `Go on (${this.held})`);
    if (lines.length > 0 && !this.paused) this.filter();
  }

  draw(line) {
    const { said } = line;
    if (line.element === null) {
      line.element = make("li", {}, make("time"), make("b"), make("code"), make("span"), make("em"));
      this.list.prepend(line.element);
    }
    const [time, rate, what, meant, became] = line.element.children;
    line.element.dataset.outcome = said.outcome;
    setText(time, new Date(line.at).toLocaleTimeString([], { hour12: false }));
    time.title = said.from;
    setText(rate, said.count > 1 ? `×${said.count}${said.rate === null ? "" : ` · ${Math.round(said.rate)}/s`}` : "");
    setText(what, said.args === "" ? said.address || "(unreadable)" : `${said.address} ${said.args}`);
    setText(meant, [said.means && `means ${said.means}`, said.does].filter(Boolean).join(" · "));
    setText(became, `${said.text} · ${said.from}`);
  }

  filter() {
    const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const trouble = this.trouble.getAttribute("aria-pressed") === "true";
    const chatter = this.renderers.getAttribute("aria-pressed") === "true";
    let seen = 0;
    for (const { said, element } of this.lines.values()) {
      if (element === null) continue;
      const wrong = said.outcome === "refused" || said.outcome === "alone";
      const text = `${said.address} ${said.args} ${said.means} ${said.from} ${said.text}`.toLowerCase();
      element.hidden = (trouble && !wrong) || (!chatter && said.renderer && !wrong) || !words.every((word) => text.includes(word));
      if (!element.hidden) seen += 1;
    }
    this.empty.hidden = seen > 0;
    setText(this.empty, this.lines.size > 0 ? "Nothing here is as you ask." : "Nothing has come in. What is sent to the server while this is open is shown here, and what it did.");
  }
}
