// Puts the page together: what the server says goes to the parts, what people do goes to the server.

import { Cues } from "./cues.js";
import { $, note, remember, remembered, setText } from "./dom.js";
import { Fader } from "./fader.js";
import { listen } from "./keyboard.js";
import { Link } from "./link.js";
import { Movies } from "./movies.js";
import { Program } from "./program.js";
import { RouteLine } from "./route.js";
import { Scrub } from "./scrub.js";
import { NAMES, Tabs } from "./tabs.js";
import { follows, Tempo } from "./tempo.js";
import { Transport } from "./transport.js";

const LOOPS = ["hold", "loop", "bounce", "next"];
const MOVIES_EVERY = 5000;
const DARK = 0.05;

let deck = Number(remembered("deck", "1")) || 1;
let session = "";
let show = null;
let broken = "";
let told = null;
let seen = 0;

// The token is in a cookie now; it has no place in the history, or in a screenshot.
if (location.search.includes("token=")) history.replaceState(null, "", location.pathname + location.hash);

// For a look from outside: how many pictures were shown, and whether the show has spoken.
window.interscene = { pictures: () => program.pictures, connected: () => show !== null };

const link = new Link({
  open: opened,
  closed: () => status("lost", "no connection to the server; trying again"),
  picture: (buffer) => program.take(buffer),
  state: takeState,
  error: note,
});
const program = new Program($("program"), (number) => !document.hidden && link.want(number), takePicture);
const scrub = new Scrub((frame) => onDeck("frame", frame));
const transport = new Transport(onDeck);
const movies = new Movies((name, fade) => onDeck("load", name, fade));
const route = new RouteLine($("route"));
const tempo = new Tempo(send);
const cues = new Cues(onDeck);
const level = new Fader("level", (value) => onDeck("level", value));
const master = new Fader("master", (value) => send("/master/level", value));
const tabs = new Tabs({
  link,
  send,
  onDeck,
  note,
  go: (name) => tabs.go(name),
  get state() { return show; },
  get deck() { return deck; },
  get session() { return session; },
  get fade() { return movies.fade; },
});

function send(address, ...args) {
  return link.command(address, ...args).catch((error) => note(error.message));
}

function onDeck(name, ...args) {
  return send(`/deck/${deck}/${name}`, ...args);
}

function opened() {
  status("connecting", "connected; waiting for the show");
  link.want("state");
  program.deck = deck;
  program.restart();
}

function takeState(state) {
  link.want("state");
  show = state;
  if (deck > state.decks.length) choose(1);
  if (state.session !== session) {
    session = state.session;
    told = null;
    movies.load(session).catch((error) => note(error.message));
  }
  tempo.update(state.clock);
  master.update(state.master.level);
  $("black").setAttribute("aria-pressed", String(Boolean(state.master.black)));
  const muted = state.system?.active === false;
  $("takeover").hidden = !muted;
  document.body.classList.toggle("muted", muted);
  drawDecks(state.decks.length);
  takeDeck(state.decks[deck - 1]);
  takeMessages(state.messages ?? []);
  const there = state.renderers.filter((each) => !each.lost).map(rendererText);
  if (there.length > 0) status("live", there.join(", "));
  else status("alone", "no renderer: this page alone shows it");
  tabs.take(state);
}

function rendererText({ name, fps }) {
  return fps == null ? name : `${name} · ${Math.round(fps)} fps`;
}

// What was said before the page was opened is not news.
function takeMessages(messages) {
  const newest = messages.at(-1)?.number ?? 0;
  // Where all messages are read, they need not be said a second time.
  const read = document.body.dataset.panel === "messages";
  if (told !== null && !read) for (const { number, text } of messages) if (number > told) note(text);
  if (told === null || read) seen = newest;
  tabs.news("messages", newest - seen);
  told = newest;
}

function takePicture(header) {
  // A picture brings less of its deck than the state does; the rest stays as it was told last.
  takeDeck({ ...show?.decks[header.deck - 1], ...header.state });
  broken = header.layers.find((layer) => layer.error)?.error ?? "";
  veil();
}

function takeDeck(state) {
  scrub.update(state, session);
  transport.update(state);
  route.update(state);
  follows($("following"), state.following);
  if (state.movie !== movies.current) movies.mark(state.movie);
  cues.update(state.marks ?? []);
  level.update(state.level);
  say(darkness(state));
}

// Why there is next to nothing to see, if so.
function darkness(state) {
  if (!state.movie) return "Nothing is playing. Choose a movie.";
  if (show?.master.black) return "Master black is on";
  if (show && show.master.level < DARK) return "The master fader is down";
  return state.level < DARK ? "The deck's fader is down" : "";
}

// Without a secure address a browser copies nothing by itself: then the line is shown to be copied by hand.
function copy(line) {
  if (!navigator.clipboard) window.prompt("Copy this line into TouchDesigner's Textport", line);
  else navigator.clipboard.writeText(line).then(() => note("Copied: paste it into TouchDesigner's Textport (Alt+T)", "done"));
}

function say(text) {
  $("empty").hidden = text === "";
  setText($("empty"), text);
}

function status(kind, text) {
  document.body.dataset.link = kind;
  setText($("link-text"), text);
  $("link").title = text;
  veil();
}

function veil() {
  const lost = document.body.dataset.link === "lost";
  const text = lost ? `The server does not answer. ${holders()}` : broken;
  $("veil").hidden = text === "";
  setText($("veil"), text);
}

// Renderers hold their picture when the server is gone; without one there is only what this page shows.
function holders() {
  const names = (show?.renderers ?? []).filter((each) => !each.lost).map((each) => each.name);
  if (names.length === 0) return "This is the last picture that came.";
  return names.length === 1 ? `${names[0]} holds its picture.` : `${names.join(", ")} hold their pictures.`;
}

function drawDecks(count) {
  if ($("decks").childElementCount !== count) {
    $("decks").replaceChildren(...Array.from({ length: count }, (_, n) => {
      const button = document.createElement("button");
      button.textContent = `Deck ${n + 1}`;
      button.onclick = () => choose(n + 1);
      return button;
    }));
  }
  $("decks").hidden = count < 2;
  [...$("decks").children].forEach((button, n) => button.setAttribute("aria-pressed", String(n + 1 === deck)));
}

function choose(number) {
  deck = number;
  remember("deck", number);
  program.choose(number);
  if (show) {
    drawDecks(show.decks.length);
    takeDeck(show.decks[number - 1]);
    tabs.take(show);
  }
}

$("black").onclick = () => send("/master/black");
$("takeover").onclick = () => send("/system/takeover");
$("panic").onclick = () => send("/system/panic");
$("textport").onclick = () => copy(show?.textport ?? "");
$("output").onclick = () => window.open(`output?deck=${deck}`, `interscene-output-${deck}`, "popup,width=1280,height=720");
$("song-back").onclick = () => onDeck("go/back/over", movies.fade);
$("song-next").onclick = () => onDeck("go/next/over", movies.fade);

listen({
  deck: onDeck,
  show: send,
  loop: () => onDeck("loop", LOOPS[(LOOPS.indexOf(transport.state?.loop) + 1) % LOOPS.length]),
  faster: (times) => transport.state && onDeck("speed", Math.min(16, Math.max(-16, transport.state.speed * times))),
  neighbour: (by) => movies.names.length > 0 && onDeck("load", movies.neighbour(by), movies.fade),
  panel: (number) => tabs.go(NAMES[number - 1]),
  otherDeck: () => show && choose((deck % show.decks.length) + 1),
});

document.addEventListener("visibilitychange", () => !document.hidden && program.want(deck));
setInterval(() => session && link.live && movies.load(session).catch(() => {}), MOVIES_EVERY);
