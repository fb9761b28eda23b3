// Jobs: what is being made, how far it is and when it will be done; hold it, drop a frame of it, or stop it.

import { make, setText, style } from "./dom.js";

const EVERY = 1000;
const OVER = ["done", "failed", "cancelled"];
const STATES = { safe: "given up", restarting: "starting again" };

let view = null;

export async function mount(element, dashboard) {
  await style("panels.css");
  view = new Jobs(element, dashboard);
}

export function take(state) {
  view.worker(state.making ?? {});
  view.take(state.jobs ?? []);
}

function left(eta) {
  if (eta === null || eta === undefined) return "";
  const seconds = Math.ceil(eta);
  const minutes = Math.ceil(seconds / 60);
  if (seconds < 60) return `${seconds} s left`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s left`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min left`;
}

class Jobs {
  constructor(element, dashboard) {
    this.dashboard = dashboard;
    this.cards = new Map();
    this.paused = false;
    this.words = make("p", { className: "summary" });
    this.pause = this.button("Pause", "Hold everything that is being made, or go on with it", () => dashboard.send("/generate/pause", !this.paused));
    this.again = this.button("Try again", "Try again what failed, and start a worker that was switched off", () => dashboard.send("/generate/again"));
    this.all = this.button("Cancel all", "Stop everything that is being made or waits", () => dashboard.send("/generate/cancel", "all"));
    this.all.classList.add("alarm");
    this.empty = make("p", { className: "panel-empty", textContent: "Nothing is being made. Walks ask for the transitions that they lack; /generate/… in Controls asks for others." });
    this.open = make("ul", { className: "jobs" });
    this.over = make("ul", { className: "jobs over" });
    this.heading = make("h3", { textContent: "Over", hidden: true });
    element.append(make("header", { className: "panel-head" }, make("h2", { textContent: "Jobs" }), this.words, make("div", { className: "panel-tools" }, this.pause, this.again, this.all)), this.empty, this.open, this.heading, this.over);
  }

  button(text, title, act) {
    return make("button", { className: "button", textContent: text, title, onclick: act });
  }

  worker({ worker, device, reason, paused, attached }) {
    this.paused = Boolean(paused);
    setText(this.pause, this.paused ? "Go on" : "Pause");
    this.pause.setAttribute("aria-pressed", String(this.paused));
    this.words.dataset.level = worker === "safe" ? "bad" : worker === "restarting" ? "poor" : "ok";
    const idle = worker === "off" && !reason;
    const what = idle ? "The worker starts when something is to be made." : `Worker ${STATES[worker] ?? worker}${device ? ` on ${device}` : ""}${reason ? `: ${reason}` : ""}`;
    setText(this.words, attached === false ? "Nothing is made by this server." : attached ? what : "");
  }

  take(jobs) {
    for (const id of this.cards.keys()) {
      if (jobs.some((job) => job.id === id)) continue;
      clearTimeout(this.cards.get(id).timer);
      this.cards.get(id).element.remove();
      this.cards.delete(id);
    }
    for (const job of jobs) this.fill(this.cards.get(job.id) ?? this.card(job.id), job);
    this.empty.hidden = jobs.length > 0;
    this.heading.hidden = this.over.childElementCount === 0;
    this.all.disabled = this.open.childElementCount === 0;
  }

  card(id) {
    const card = {
      element: make("li", { className: "job" }), picture: make("img", { alt: "", hidden: true }), name: make("strong"), about: make("span"),
      bar: make("progress", { max: 1 }), words: make("p"), seen: -1, at: -EVERY, timer: 0,
      skip: this.button("Skip", "Drop the frame that is being made and make it with another seed", () => this.dashboard.send("/generate/skip", id)),
      cancel: this.button("Cancel", "Stop it; what there is of it is thrown away", () => this.dashboard.send("/generate/cancel", id)),
    };
    card.cancel.classList.add("alarm");
    card.picture.onload = () => (card.picture.hidden = false);
    card.picture.onerror = () => (card.picture.hidden = true);
    card.tools = make("div", { className: "panel-tools" }, card.skip, card.cancel);
    card.element.append(make("figure", {}, card.picture), make("div", { className: "job-words" }, card.name, card.about, card.bar, card.words), card.tools);
    card.element.dataset.job = id;
    this.cards.set(id, card);
    return card;
  }

  fill(card, job) {
    const over = OVER.includes(job.state);
    const place = over ? this.over : this.open;
    if (card.element.parentElement !== place) place.insertBefore(card.element, over ? place.firstChild : null);
    card.element.dataset.state = job.state;
    setText(card.name, job.what === "picture" ? `${job.from} ${job.to && `“${job.to}”`}` : `${job.from} → ${job.to}`);
    setText(card.about, [job.what, job.mode, job.deck ? `deck ${job.deck}` : "", job.frames ? `${job.frames} frames` : "", `job ${job.id}`].filter(Boolean).join(" · "));
    if (job.progress > 0 || job.state !== "loading") card.bar.value = job.progress;
    else card.bar.removeAttribute("value");
    card.bar.setAttribute("aria-label", `${Math.round(100 * job.progress)} %`);
    card.bar.hidden = job.state === "done";
    const far = over ? "" : `${Math.round(100 * job.progress)} %`;
    setText(card.words, [job.state, far, over ? "" : left(job.eta), job.rung && `stepped down: ${job.rung}`, job.reason].filter(Boolean).join(" · "));
    card.tools.hidden = over;
    card.skip.disabled = job.state !== "making";
    this.frame(card, job);
  }

  // At most once a second: frames are made faster than anybody looks at them one by one.
  frame(card, job) {
    clearTimeout(card.timer);
    const wait = card.at + EVERY - performance.now();
    // A picture has one frame, at its end.
    if (job.progress === card.seen || job.progress === 0 || (job.what === "picture" && job.state !== "done")) return;
    if (wait > 0 && !OVER.includes(job.state)) {
      card.timer = setTimeout(() => this.frame(card, job), wait);
      return;
    }
    card.seen = job.progress;
    card.at = performance.now();
    card.picture.src = `job/${encodeURIComponent(job.id)}/frame.jpg?p=${job.progress}`;
  }
}
