// Stories cue by cue: what plays, what comes next in large letters, one large button; and the deck's hot cues.

import { Cues } from "./cues.js";
import { $, make, setText, style, timeText } from "./dom.js";
import { Again } from "./poll.js";
import { inTime } from "./route.js";
import { fetchSong, thumbUrl } from "./songs.js";

const EVERY = 4000;

const again = new Again(EVERY, refresh);

let dash = null;
let parts = null;
let hot = null;
let song = null;
let drawn = "";
let asked = "";
let guarded = 0;

export async function mount(element, dashboard) {
  dash = dashboard;
  await style("panel_cues.css");
  parts = build(element);
  hot = new Cues(dash.onDeck, parts.hot);
  addEventListener("keydown", keyed);
}

export function show() {
  again.start();
}

export function hide() {
  again.stop();
}

export function take(state) {
  const deck = state.decks[dash.deck - 1];
  hot.update(deck.marks ?? []);
  if (`${deck.graph} ${deck.version}` !== asked) {
    asked = `${deck.graph} ${deck.version}`;
    refresh();
  }
  const story = song?.id === deck.graph ? song?.stories.find((each) => each.name === deck.story) : undefined;
  drawStories(deck);
  drawSections(story, deck);
  drawNext(story, deck);
  if (!parts.guard.matches(":focus")) parts.guard.value = String(deck.guard ?? 0.5);
}

function build(element) {
  const next = make("div", { className: "cue-next" });
  const go = make("button", { className: "cue-go", title: "Play what is next (Enter)", onclick: press }, make("b", { textContent: "GO" }), make("small"));
  const button = (textContent, verb, title) => make("button", { className: "button", textContent, title, onclick: () => dash.onDeck(`cue/${verb}`) });
  const guard = make("input", { type: "text", inputMode: "decimal", autocomplete: "off" });
  guard.setAttribute("aria-label", "Guard in seconds: a second go within it does nothing");
  guard.onchange = () => dash.onDeck("cue/guard", Number(guard.value.replace(",", ".")) || 0);
  guard.addEventListener("keydown", (event) => event.key === "Enter" && guard.blur());
  const stories = make("select", { onchange: () => stories.value && dash.onDeck("story", stories.value) });
  stories.setAttribute("aria-label", "Story");
  const sections = make("ol", { className: "cue-list" });
  const hotCues = make("div", { className: "cue-hot" });
  const words = make("p", { className: "cue-words", hidden: true });
  element.append(
    make("div", { className: "cue-top" }, make("label", {}, make("span", { textContent: "Story" }), stories), words),
    make("section", { className: "cue-main" }, next, go,
      make("div", { className: "cue-more" }, button("Back", "back", "Play the section before (Backspace)"), button("Stop", "stop", "Hold the picture, and arm the present section again"),
        make("label", { title: "A second go within this time is taken for a slip of the finger" }, make("span", { textContent: "Guard" }), guard, make("span", { textContent: "s" })))),
    sections, make("section", {}, make("h3", { textContent: "Hot cues" }), hotCues, make("small", { textContent: "Press jumps; hold or shift-press sets it here" })));
  return { next, go, guard, stories, sections, hot: hotCues, words };
}

async function refresh() {
  const id = dash.state?.decks[dash.deck - 1]?.graph;
  if (!again.shown || id === undefined) return;
  try {
    song = id ? await fetchSong(id) : null;
    drawn = "";
    if (dash.state) take(dash.state);
  } catch (error) {
    words(`The stories cannot be read: ${error.message}`);
  }
}

function words(text) {
  parts.words.hidden = text === "";
  setText(parts.words, text);
}

function drawStories(deck) {
  const there = song?.stories ?? [];
  const known = JSON.stringify([there.map((each) => [each.name, each.approved]), deck.story]);
  if (known === drawn) return;
  drawn = known;
  parts.stories.replaceChildren(make("option", { value: "", textContent: deck.story ? "" : "choose a story" }),
    ...there.map((each) => make("option", { value: each.name, textContent: each.name + (each.approved ? " · approved" : "") + (each.note ? ` · ${each.note}` : "") })));
  parts.stories.value = deck.story ?? "";
  parts.stories.parentElement.hidden = there.length === 0;
  const problem = there.find((each) => each.name === deck.story)?.problem ?? "";
  words(!deck.graph ? "No song of pictures is on this deck, so it has no stories. Hot cues work with any movie."
    : there.length === 0 ? "This song has no stories yet; make one with: interscene song build" : problem);
  delete parts.sections.dataset.known;
}

function drawSections(story, deck) {
  const known = JSON.stringify([story?.name, story?.sections]);
  if (parts.sections.dataset.known !== known) {
    parts.sections.dataset.known = known;
    parts.sections.replaceChildren(...(story?.sections ?? []).map(([name, seconds, problem, first]) => {
      const picture = song.byNode.get(first);
      const image = picture?.stamp ? make("img", { alt: "", src: thumbUrl(song, picture) }) : make("i");
      const button = make("button", { title: problem || "Arm it: GO plays it next", onclick: () => dash.onDeck("cue/arm", name) },
        image, make("strong", { textContent: called(name) }), make("small", { textContent: problem || timeText(seconds) }), make("em"));
      button.classList.toggle("bad", problem !== "");
      button.dataset.cue = name;
      return make("li", {}, button);
    }));
  }
  for (const button of parts.sections.querySelectorAll("button")) {
    const { cue } = button.dataset;
    const state = cue === deck.cue ? "plays" : cue === deck.armed ? "next" : "";
    button.dataset.state = cue === deck.armed && cue === deck.cue ? "plays again" : state;
    setText(button.querySelector("em"), button.dataset.state);
  }
}

function drawNext(story, deck) {
  const armed = story?.sections.find(([name]) => name === deck.armed);
  const over = story !== undefined && armed === undefined;
  const about = armed === undefined ? "" : timeText(armed[1]);
  const seconds = deck.walk ? deck.arrival : deck.remaining;
  const left = !deck.cue || !deck.playing ? "" : seconds < 0.1 ? `${called(deck.cue)} has ended` : `${called(deck.cue)} ends in ${inTime(seconds)}`;
  const text = JSON.stringify([deck.armed, about, left, over]);
  parts.go.disabled = armed === undefined;
  setText(parts.go.querySelector("small"), armed === undefined ? "" : armed[2] ? "cannot be played" : called(deck.armed));
  parts.go.classList.toggle("guarded", performance.now() < guarded);
  if (parts.next.dataset.known === text) return;
  parts.next.dataset.known = text;
  parts.next.replaceChildren(make("span", { textContent: story === undefined ? "" : "next" }),
    make("strong", { textContent: over ? "the story is over" : called(deck.armed) || "–" }),
    make("small", { textContent: [about, left].filter(Boolean).join(" · ") }));
}

// Sections are often only numbered.
function called(name) {
  return /^\d+$/.test(name) ? `Section ${name}` : name;
}

function press() {
  dash.onDeck("cue/go");
  guarded = performance.now() + 1000 * (Number(parts.guard.value.replace(",", ".")) || 0);
}

// Enter on a button that has the focus presses that button.
function keyed(event) {
  if (!again.shown || $("keys").open || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.target.matches("input, select, textarea") || (event.key === "Enter" && event.target.matches("button"))) return;
  if (event.key === "Enter" && !parts.go.disabled) press();
  else if (event.key === "Backspace") dash.onDeck("cue/back");
}
