// Health: how server, stream, renderers, worker and disk are, and what to do where something is not well.

import { make, note, setText, style } from "./dom.js";
import { Poll, fetched } from "./poll.js";

const EVERY = 1000;
const WORDS = { ok: "well", note: "to know", poor: "look at it", bad: "bad" };

let summary = null;
let list = null;
let poll = null;
let look = null;
let seen = null;

export async function mount(element) {
  await style("panels.css");
  summary = make("p", { className: "summary" });
  summary.setAttribute("role", "status");
  list = make("ul", { className: "findings" });
  look = make("button", { className: "button", id: "examine", textContent: "Look at this computer" });
  look.title = "Network, disk, decoding, card and models; lightly, beside the show. Alone: interscene doctor";
  look.onclick = () => examine(true).catch((error) => note(error.message));
  seen = make("ul", { className: "findings" });
  seen.id = "examination";
  element.append(make("header", { className: "panel-head" }, make("h2", { textContent: "Health" }), summary), list,
    make("header", { className: "panel-head" }, make("h2", { textContent: "This computer" }), look), seen);
  poll = new Poll(() => "api/health", EVERY, ({ health }) => draw(health));
}

async function examine(anew) {
  const asked = anew ? { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" } : {};
  const { running, findings } = await fetched("api/examination", asked);
  look.disabled = running;
  setText(look, running ? "Looking …" : "Look at this computer");
  fillList(seen, findings);
  if (running) setTimeout(() => examine(false).catch(() => { look.disabled = false; }), EVERY / 2);
}

export function show() {
  poll.start();
  examine(false).catch(() => {});
}

export function hide() {
  poll.stop();
}

function draw(findings) {
  const wrong = findings.filter(({ level }) => level === "poor" || level === "bad");
  const names = [...new Set(wrong.map(({ part }) => part))];
  summary.dataset.level = wrong.some(({ level }) => level === "bad") ? "bad" : wrong.length > 0 ? "poor" : "ok";
  setText(summary, wrong.length === 0 ? "Nothing stands in the way of a show." : `To look at: ${names.join(", ")}.`);
  fillList(list, findings);
}

function fillList(entries, findings) {
  while (entries.childElementCount > findings.length) entries.lastElementChild.remove();
  findings.forEach((finding, n) => fill(entries.children[n] ?? entries.appendChild(line()), finding));
}

function line() {
  return make("li", { className: "finding" }, make("i"), make("strong"), make("p"), make("small"));
}

function fill(entry, { level, part, text, advice }) {
  const [lamp, name, words, hint] = entry.children;
  entry.dataset.level = level;
  lamp.title = WORDS[level];
  lamp.setAttribute("role", "img");
  lamp.setAttribute("aria-label", WORDS[level]);
  setText(name, part);
  setText(words, text);
  setText(hint, advice);
  hint.hidden = advice === "";
}
