// The song on the chosen deck, drawn and live: a click on a picture goes there.

import { make, setText, style } from "./dom.js";
import { GraphView } from "./graph_view.js";
import { PictureList } from "./graph_list.js";
import { Walker } from "./graph_walk.js";
import { Again } from "./poll.js";
import { fetchSong, listSongs, pair, split } from "./songs.js";

const EVERY = 3000;
const KINDS = [
  ["exists", "transitions"], ["stale", "with older ends"], ["damaged", "damaged"], ["making", "being made"],
  ["missing", "wanted, not made"],
];

const again = new Again(EVERY, refresh);

let dash = null;
let view = null;
let list = null;
let walker = null;
let parts = null;
let song = null;
let asked = "";
let follow = true;
let last = "";

export async function mount(element, dashboard) {
  dash = dashboard;
  await style("panel_graph.css");
  parts = build(element);
  view = new GraphView(parts.still, parts.live, { chosen: go, pointed });
  list = new PictureList(parts.list, go);
  walker = new Walker(parts.tools, dashboard);
  parts.search.oninput = searched;
  parts.search.addEventListener("keydown", (event) => event.key === "Enter" && found());
  parts.fit.onclick = () => view.fit();
  parts.listed.onclick = () => listed(parts.list.hidden);
  parts.follow.onclick = () => followed(!follow);
  parts.live.onkeydown = keyed;
  followed(follow);
}

export function show() {
  view.resized();
  again.start();
}

export function hide() {
  again.stop();
}

export function take(state) {
  const deck = state.decks[dash.deck - 1];
  walker.update(deck);
  // Another version of the song on the deck is news; so is another song.
  const wanted = `${deck.graph} ${deck.version}`;
  if (wanted !== asked) {
    asked = wanted;
    refresh();
  }
  if (song === null || deck.graph !== song.id) return;
  const number = (node) => song.byNode.get(node)?.number ?? null;
  const numbers = (nodes) => nodes.map(number).filter((each) => each !== null);
  const way = deck.way;
  view.update({
    now: number(deck.picture),
    next: number(deck.next),
    from: way ? number(way.from) : number(deck.picture),
    to: way ? number(way.to) : number(deck.picture),
    part: way?.at ?? 0,
    ahead: way ? numbers(way.ahead) : [],
    making: made(state.jobs ?? [], number),
  });
  list.live(deck.picture, deck.next);
  if (follow && deck.picture !== last && !view.whole) view.reveal(numbers([deck.picture, deck.next]), view.at.scale);
  last = deck.picture;
}

function made(jobs, number) {
  return jobs.filter((job) => job.what === "transition" && (job.state === "making" || job.state === "loading"))
    .map((job) => [number(job.from), number(job.to), job.progress]).filter(([one, other]) => one !== null && other !== null);
}

function build(element) {
  const search = make("input", { type: "search", className: "search", placeholder: "Search pictures", autocomplete: "off", spellcheck: false });
  search.setAttribute("aria-label", "Search pictures");
  const tools = make("div", { className: "graph-tools" });
  const fit = make("button", { className: "button", textContent: "Fit", title: "All of the song" });
  const followButton = make("button", { className: "button", textContent: "Follow", title: "Keep the present picture in view" });
  const listed_ = make("button", { className: "button", textContent: "List", title: "The pictures as a list" });
  const head = make("div", { className: "graph-head" }, search, tools, make("div", { className: "graph-views" }, fit, followButton, listed_));
  const still = make("canvas", { className: "graph-still" });
  const live = make("canvas", { className: "graph-live", tabIndex: 0 });
  live.setAttribute("role", "application");
  live.setAttribute("aria-label", "Pictures of the song and the transitions between them. Arrows move, Enter goes, L lists them.");
  const tip = make("div", { className: "graph-tip", hidden: true });
  const legend = make("div", { className: "graph-legend" });
  const words = make("div", { className: "graph-words", hidden: true });
  const list_ = make("aside", { className: "graph-list", hidden: true });
  element.append(head, make("div", { className: "graph-place" }, still, live, legend, tip, words), list_);
  return { search, tools, fit, follow: followButton, listed: listed_, still, live, tip, legend, words, list: list_ };
}

async function refresh() {
  const deck = dash.state?.decks[dash.deck - 1];
  if (!again.shown || deck === undefined) return;
  if (!deck.graph) {
    song = null;
    await none();
    return;
  }
  try {
    const newer = await fetchSong(deck.graph);
    if (newer === song && parts.words.hidden) return;
    parts.words.hidden = true;
    song = newer;
    view.show(song);
    list.show(song);
    searched();
    legend();
    if (dash.state) take(dash.state);
  } catch (error) {
    words(`The song cannot be drawn: ${error.message}`);
  }
}

function words(text, ...more) {
  const known = [text, ...more.map((each) => each.textContent)].join("\n");
  if (!parts.words.hidden && parts.words.dataset.known === known) return;
  parts.words.dataset.known = known;
  parts.words.hidden = false;
  parts.words.replaceChildren(make("p", { textContent: text }), ...more);
}

async function none() {
  const songs = (await listSongs().catch(() => [])).filter((each) => each.kind === "pictures");
  words(songs.length > 0 ? "No song of pictures is on this deck. Choose one." : "No song of pictures is on this deck, and the media folder has none. interscene song new begins one.",
    ...songs.slice(0, 40).map((each) => make("button", { className: "button", textContent: each.name, onclick: () => dash.onDeck("song", each.name) })));
}

function legend() {
  const counts = new Map();
  for (const { kind } of song.edges) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  parts.legend.replaceChildren(make("b", { textContent: `${song.pictures.length} pictures` }),
    ...KINDS.filter(([kind]) => counts.has(kind)).map(([kind, name]) => make("span", { className: kind, textContent: `${counts.get(kind)} ${name}` })));
}

function go(picture) {
  walker.go(picture.node);
}

function pointed(picture, x, y) {
  view.update({ hover: picture?.number ?? null });
  parts.tip.hidden = picture === null;
  if (picture === null) return;
  const [name, seed] = split(picture.node);
  const scenes = picture.scenes.map((each) => song.scenes[each].name).filter((each) => each !== name);
  parts.tip.replaceChildren(
    make("strong", { textContent: name }), make("small", { textContent: seed }),
    make("p", { textContent: told(picture) + (scenes.length > 0 ? ` · ${scenes.join(", ")}` : "") }),
    ...(picture.prompt ? [make("em", { textContent: picture.prompt })] : []));
  const box = parts.tip.getBoundingClientRect();
  parts.tip.style.left = `${Math.max(8, Math.min(view.width - box.width - 8, x + 16))}px`;
  parts.tip.style.top = `${y + 20 + box.height > view.height ? y - box.height - 14 : y + 20}px`;
}

export function told(picture) {
  const ways = `${picture.whole} ${picture.whole === 1 ? "way" : "ways"} on`;
  const more = [picture.flawed ? `${picture.flawed} damaged` : "", picture.lacking ? `${picture.lacking} not made` : ""];
  const state = picture.presence === 1 ? "no file yet" : picture.presence === 2 ? picture.why || "damaged" : "";
  return [state, ways, ...more, picture.never ? "never shown again" : ""].filter(Boolean).join(", ");
}

function searched() {
  const text = parts.search.value.trim().toLowerCase();
  const hits = text === "" || song === null ? null : new Set(song.pictures.filter((each) => matches(each, text)).map((each) => each.number));
  view.state.hits = hits;
  list.filter(hits);
  parts.search.classList.toggle("nothing", hits !== null && hits.size === 0);
  view.render();
}

export function matches(picture, text) {
  return picture.node.toLowerCase().includes(text) || picture.prompt.toLowerCase().includes(text)
    || picture.scenes.some((each) => song?.scenes[each]?.name.toLowerCase().includes(text));
}

function found() {
  const { hits } = view.state;
  if (hits === null || hits.size === 0) return;
  view.reveal([...hits], 0.6);
  view.update({ focus: [...hits][0] });
  parts.live.focus();
}

function listed(on) {
  parts.list.hidden = !on;
  parts.listed.setAttribute("aria-pressed", String(on));
  list.draw();
}

function followed(on) {
  follow = on;
  parts.follow.setAttribute("aria-pressed", String(on));
}

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function keyed(event) {
  if (song === null || event.ctrlKey || event.metaKey || event.altKey || event.key === "Tab") return;
  const arrow = ARROWS[event.key];
  const act = arrow ? () => step(arrow) : {
    Enter: () => view.state.focus !== null && go(song.pictures[view.state.focus]),
    "+": () => view.zoom(1.3), "=": () => view.zoom(1.3), "-": () => view.zoom(1 / 1.3), 0: () => view.fit(),
    l: () => listed(parts.list.hidden), Escape: () => view.update({ focus: null }),
  }[event.key];
  if (act === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  act();
}

// To the nearest picture on that side; what lies askew counts as further away.
function step([dx, dy]) {
  const { places } = view.layout;
  const from = view.state.focus ?? view.state.now;
  if (from === null) {
    view.update({ focus: 0 });
    return;
  }
  let best = null;
  places.forEach((place, number) => {
    const ahead = (place.x - places[from].x) * dx + (place.y - places[from].y) * dy;
    const aside = Math.abs((place.x - places[from].x) * dy) + Math.abs((place.y - places[from].y) * dx);
    if (number !== from && ahead > 1 && (best === null || ahead + 2 * aside < best.far)) best = { number, far: ahead + 2 * aside };
  });
  if (best === null) return;
  view.update({ focus: best.number });
  view.reveal([best.number], view.at.scale);
  const picture = song.pictures[best.number];
  setText(parts.tip, `${picture.node}: ${told(picture)}`);
}

// For a look from outside: where a picture is on the screen, and what is drawn.
window.interscene.graph = {
  where: (node) => {
    const box = parts?.live.getBoundingClientRect();
    const at = view?.where(node);
    return at ? { x: at.x + box.left, y: at.y + box.top } : null;
  },
  edge: (one, other) => song?.between.get(pair(song.byNode.get(one)?.number, song.byNode.get(other)?.number))?.kind ?? "",
  cost: () => view?.cost ?? 0,
  state: () => view?.state,
};
