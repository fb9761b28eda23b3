// Songs, their scenes and pictures, and movies: what there is, what lacks, and how it comes on a deck.

import { make, note, remember, remembered, setText, style, title } from "./dom.js";
import { Details } from "./library_details.js";
import { Drag } from "./library_drag.js";
import { drawMovies } from "./library_movies.js";
import { SongScenes } from "./library_song.js";
import { Again } from "./poll.js";
import { change, fetchSong, listSongs } from "./songs.js";

const EVERY = 4000;
const FILTERS = [
  ["all", "All", () => true],
  ["missing", "Missing", (picture) => picture.presence === 1 || picture.lacking > 0],
  ["damaged", "Damaged", (picture) => picture.presence === 2 || picture.flawed > 0],
  ["alone", "Dead ends", (picture) => picture.whole < 2],
  ["never", "Never", (picture) => picture.never],
];

const again = new Again(EVERY, refresh);

let dash = null;
let parts = null;
let scenes = null;
let details = null;
let songs = [];
let chosen = remembered("library", "");
let song = null;
let filter = "all";
let asked = 0;
let drag = null;
let drawn = "";

export async function mount(element, dashboard) {
  dash = dashboard;
  await style("panel_library.css");
  parts = build(element);
  details = new Details(parts.details, { go, never, move, close: () => select(null) });
  scenes = new SongScenes(parts.body, { select, go, goScene });
  drag = new Drag(parts.body, { begin: scenes.lift.bind(scenes), drop: (picture, from, to) => move(picture, from, to) });
  parts.search.oninput = draw;
  parts.undo.onclick = undo;
  parts.load.onclick = load;
  parts.take.onclick = () => dash.onDeck("take/over", dash.fade);
}

export function show() {
  again.start();
}

export function hide() {
  again.stop();
}

export function take(state) {
  const deck = state.decks[dash.deck - 1];
  scenes.live(onAir(deck) ? deck.picture : "", onAir(deck) ? deck.next : "");
  for (const button of parts.songs.children) button.dataset.live = String(isOn(button.dataset.name, deck));
  const on = isOn(current()?.name, deck);
  parts.load.hidden = on || !current()?.name;
  setText(parts.load, `Load on deck ${dash.deck}`);
  parts.take.hidden = !deck.prepared;
  parts.take.disabled = !deck.ready;
  setText(parts.take, deck.ready ? `Take ${title(deck.prepared ?? "")}` : `${title(deck.prepared ?? "")} is opening`);
  details.live(onAir(deck));
}

function build(element) {
  const search = make("input", { type: "search", className: "search", placeholder: "Search", autocomplete: "off", spellcheck: false });
  search.setAttribute("aria-label", "Search pictures, prompts, scenes and movies");
  const filters = make("div", { className: "segments library-filters" }, ...FILTERS.map(([name, words]) => (
    make("button", { textContent: words, onclick: () => filtered(name) }))));
  const [undo_, load_, take_] = ["Undo", "Load", "Take"].map((textContent) => make("button", { className: "button", textContent, hidden: true }));
  take_.classList.add("primary");
  const parts_ = {
    songs: make("nav", { className: "library-songs" }), search, filters, undo: undo_, load: load_, take: take_,
    title: make("h2"), count: make("small"), body: make("div", { className: "library-body" }),
    details: make("aside", { className: "library-details", hidden: true }),
  };
  parts_.songs.setAttribute("aria-label", "Songs");
  element.append(parts_.songs, make("div", { className: "library-main" },
    make("header", { className: "library-top" }, make("div", { className: "library-title" }, parts_.title, parts_.count),
      load_, take_, undo_, search, filters), parts_.body), parts_.details);
  return parts_;
}

function current() {
  return songs.find((each) => each.id === chosen) ?? null;
}

function isOn(name, deck) {
  return Boolean(name) && (deck.song === name || name.endsWith(`/${deck.song}`)) && deck.song !== "";
}

function onAir(deck) {
  return song !== null && deck.graph === song.id;
}

// What comes late, after another song was chosen, counts no more: the buttons act on what is drawn.
async function refresh() {
  // Under a finger that carries something nothing may be exchanged: its touch would end with the tile.
  if (!again.shown || drag.carrying) return;
  asked += 1;
  const turn = asked;
  try {
    const told = await listSongs();
    if (turn !== asked) return;
    songs = told;
    if (current() === null) chosen = (songs.find((each) => each.id === dash.state?.decks[dash.deck - 1]?.graph) ?? songs[0])?.id ?? "";
    const fetched = current()?.kind === "pictures" ? await fetchSong(chosen) : null;
    if (turn !== asked || drag.carrying) return;
    song = fetched;
    drawSongs();
    draw();
  } catch (error) {
    if (turn !== asked) return;
    parts.body.replaceChildren(make("p", { className: "library-words", textContent: `The library cannot be read: ${error.message}` }));
    drawn = "";
  }
}

function drawSongs() {
  const known = JSON.stringify([songs, chosen]);
  if (parts.songs.dataset.known === known) return;
  parts.songs.dataset.known = known;
  parts.songs.replaceChildren(...songs.map((each) => {
    const button = make("button", { onclick: () => choose(each.id) }, make("strong", { textContent: each.name || "movies in no folder" }),
      make("small", { textContent: each.kind === "pictures" ? "pictures" : each.kind === "listed" ? "from song_list.csv" : `${each.movies.length} movie${each.movies.length === 1 ? "" : "s"}` }));
    button.dataset.name = each.name;
    button.setAttribute("aria-current", String(each.id === chosen));
    return button;
  }));
  if (dash.state) take(dash.state);
}

function choose(id) {
  chosen = id;
  remember("library", id);
  select(null);
  drawn = "";
  refresh();
}

function filtered(name) {
  filter = name;
  draw();
}

function draw() {
  const text = parts.search.value.trim().toLowerCase();
  const here = current();
  setText(parts.title, here?.name || (here ? "Movies" : "No songs"));
  parts.filters.hidden = song === null;
  const known = `${here?.id} ${song?.tag ?? JSON.stringify(here?.movies ?? [])} ${text} ${filter}`;
  if (known === drawn) return;
  drawn = known;
  if (song === null) {
    parts.undo.hidden = true;
    setText(parts.count, here ? "" : "Put a song into the media folder.");
    drawMovies(parts.body, here?.kind === "listed" ? [] : here?.movies ?? [], text, dash);
    return;
  }
  drawSong(text);
}

function drawSong(text) {
  const wanted = FILTERS.find(([name]) => name === filter)[2];
  const kept = new Set(song.pictures.filter((each) => wanted(each) && found(each, text)).map((each) => each.number));
  [...parts.filters.children].forEach((button, n) => {
    const count = song.pictures.filter(FILTERS[n][2]).length;
    setText(button, n === 0 ? FILTERS[n][1] : `${FILTERS[n][1]} ${count}`);
    button.setAttribute("aria-pressed", String(FILTERS[n][0] === filter));
  });
  const made = song.edges.filter((each) => each.kind === "exists" || each.kind === "stale").length;
  setText(parts.count, `${song.pictures.length} pictures · ${song.scenes.length} scenes · ${made} transitions`);
  parts.undo.hidden = song.undo === "";
  parts.undo.title = `Undo: ${song.undo}`;
  scenes.draw(song, kept);
  details.renew(song);
  if (dash.state) take(dash.state);
}

function found(picture, text) {
  return text === "" || picture.node.toLowerCase().includes(text) || picture.prompt.toLowerCase().includes(text)
    || picture.scenes.some((each) => song.scenes[each].name.toLowerCase().includes(text));
}

function select(picture, scene = null) {
  scenes.mark(picture);
  details.show(song, picture, scene);
}

async function load() {
  const here = current();
  if (here?.name) await dash.onDeck("song", here.name);
}

// A picture of another song than the deck's: the song comes first.
async function go(picture) {
  const deck = dash.state?.decks[dash.deck - 1];
  if (deck === undefined || song === null) return;
  if (deck.graph !== song.id) {
    try {
      await dash.link.command(`/deck/${dash.deck}/song`, current().name);
    } catch (error) {
      note(error.message);
      return;
    }
  }
  dash.onDeck("go/picture", picture.node);
}

function goScene(scene) {
  const deck = dash.state?.decks[dash.deck - 1];
  if (deck?.graph === song.id) dash.onDeck("go/scene", scene.name);
  else note(`${song.name} is not on deck ${dash.deck}; load it first`);
}

function never(picture) {
  if (dash.state?.decks[dash.deck - 1]?.graph === song.id) dash.onDeck("go/never", picture.node);
  else note(`${song.name} is not on deck ${dash.deck}; load it first`);
}

async function move(picture, from, to) {
  if (from.number === to.number) return;
  await changed("move", { picture: picture.key, from: from.key, to: to.key });
}

async function undo() {
  await changed("undo", {});
}

async function changed(what, body) {
  parts.body.classList.add("busy");
  try {
    note(await change(song.id, what, body), "done");
  } catch (error) {
    note(error.message);
  }
  parts.body.classList.remove("busy");
  await refresh();
}

window.interscene.library = { song: () => song };
