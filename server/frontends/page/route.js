// Where a deck is going, in words: the goal, how many transitions, how long; and whatever it waits for.

import { make, title } from "./dom.js";

export class RouteLine {
  constructor(element) {
    this.element = element;
    this.known = "";
  }

  update(deck) {
    const words = routeWords(deck);
    const known = JSON.stringify(words);
    if (known === this.known) return;
    this.known = known;
    this.element.hidden = words.length === 0;
    this.element.replaceChildren(...words.map(([text, strong, late]) => {
      const part = make("span", { className: late ? "late" : "" });
      part.append(text, ...(strong ? [make("b", { textContent: strong })] : []));
      return part;
    }));
  }
}

// Parts of a line: words, what is important in them, and whether they are bad news.
export function routeWords(deck) {
  const words = [];
  const hops = `${deck.hops} ${deck.hops === 1 ? "hop" : "hops"}`;
  if (deck.walk === "planning") words.push(["looking for the way to ", deck.goal]);
  else if (deck.walk === "making") words.push(["being made: the way to ", deck.goal]);
  else if (deck.walk === "opening") words.push(["opening the way to ", deck.goal]);
  else if (deck.walk === "dwelling") words.push(["stays, then to ", deck.next || deck.goal]);
  else if (deck.hops > 0) words.push([deck.walk === "paused" ? "paused on the way to " : "to ", deck.goal], [`${hops}, `, inTime(deck.arrival)]);
  if (deck.hops > 1 && deck.next && deck.next !== deck.goal && deck.walk !== "dwelling") words.push(["next ", deck.next]);
  const prepared = deck.prepared ?? (deck.walk ? "" : deck.next);
  if (prepared) words.push([deck.ready ? "ready: " : "opening: ", title(prepared)]);
  if (deck.waiting) words.push([`waiting for ${deck.waiting.split(",").join(", ")} to open it`, "", true]);
  return words;
}

export function inTime(seconds) {
  if (!Number.isFinite(seconds)) return "";
  const whole = Math.ceil(seconds - 0.05);
  return whole < 60 ? `${Math.max(0, whole)} s` : `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
