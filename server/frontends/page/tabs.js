// The panels of the dashboard: one is shown at a time, each is fetched when it is first asked for.
//
// A panel is a module panel_<name>.js with mount(element, dashboard), show(), hide() and take(state). `dashboard` has
// link, send, onDeck, note, go, and the present state, deck, session and fade. mount is called once, before the first
// show; take with every state while the panel is shown, from show on.

import { $, setText } from "./dom.js";

export const NAMES = ["stage", "graph", "library", "cues", "jobs", "messages", "settings", "health", "controls", "controllers", "sync", "snapshots"];

export class Tabs {
  constructor(dashboard) {
    this.dashboard = dashboard;
    this.panels = new Map();
    this.shown = null;
    this.wanted = "";
    this.buttons = [...$("tabs").querySelectorAll("[role=tab]")];
    this.buttons.forEach((button, n) => {
      if (n < 9) button.title = `${button.title} (⇧${n + 1})`;
      button.onclick = () => this.go(NAMES[n]);
    });
    $("tabs").onkeydown = (event) => this.walk(event);
    addEventListener("hashchange", () => this.open(this.named()));
    this.open(this.named());
  }

  named() {
    const word = location.hash.slice(1).split("/")[0].toLowerCase();
    const name = word === "learn" ? "controllers" : word;
    return NAMES.includes(name) ? name : NAMES[0];
  }

  go(name) {
    if (this.named() !== name) location.hash = name;
    else this.open(name);
  }

  // Arrows inside the row of tabs, as every row of tabs has them; elsewhere they are frames.
  walk(event) {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const next = (NAMES.indexOf(this.wanted) + by + NAMES.length) % NAMES.length;
    this.buttons[next].focus();
    this.go(NAMES[next]);
  }

  async open(name) {
    if (name === this.wanted && (name === "stage" || this.shown !== null)) return;
    this.wanted = name;
    this.buttons.forEach((button, n) => {
      button.setAttribute("aria-selected", String(NAMES[n] === name));
      button.tabIndex = NAMES[n] === name ? 0 : -1;
    });
    document.body.dataset.panel = name;
    this.news(name, 0);
    const { offsetLeft, offsetWidth } = this.buttons[NAMES.indexOf(name)];
    $("tabs").scrollLeft = offsetLeft + offsetWidth / 2 - $("tabs").clientWidth / 2;
    this.leave();
    $("panel").hidden = name === "stage";
    if (name === "stage") return;
    $("panel").setAttribute("aria-labelledby", `tab-${name}`);
    try {
      const panel = await this.loaded(name);
      if (this.wanted === name) this.enter(panel);
    } catch (error) {
      if (this.wanted === name) this.failed(name, error);
    }
  }

  // Once for each panel, however often it is asked for while it comes; again when it did not come.
  loaded(name) {
    if (!this.panels.has(name)) {
      setText($("panel-words"), "loading");
      const coming = this.load(name);
      coming.catch(() => this.panels.delete(name));
      this.panels.set(name, coming);
    }
    return this.panels.get(name);
  }

  async load(name) {
    const module = await import(`./panel_${name}.js`);
    const element = document.createElement("div");
    element.className = `panel-body panel-${name}`;
    element.hidden = true;
    $("panel").append(element);
    try {
      await module.mount(element, this.dashboard);
    } catch (error) {
      element.remove();
      throw error;
    }
    return { module, element };
  }

  enter(panel) {
    if (this.shown === panel) return;
    setText($("panel-words"), "");
    panel.element.hidden = false;
    this.shown = panel;
    panel.module.show?.();
    if (this.dashboard.state !== null) panel.module.take?.(this.dashboard.state);
  }

  leave() {
    if (this.shown === null) return;
    this.shown.module.hide?.();
    this.shown.element.hidden = true;
    this.shown = null;
  }

  failed(name, error) {
    this.wanted = "";
    setText($("panel-words"), `${name} did not come (${error.message}); press its tab again`);
  }

  take(state) {
    this.shown?.module.take?.(state);
  }

  // How much there is in a panel that nobody has seen yet; nothing while it is shown.
  news(name, count) {
    const button = $(`tab-${name}`);
    if (count > 0) button.dataset.news = count > 99 ? "99+" : String(count);
    else delete button.dataset.news;
  }
}
