// Movies with a strip of their frames, to load at once or to prepare for the next take.

import { make, title } from "./dom.js";

const SHOWN_MAX = 300;

export function drawMovies(place, movies, text, dash) {
  const found = movies.filter(([name]) => name.toLowerCase().includes(text));
  const rows = found.slice(0, SHOWN_MAX).map(([name, id]) => row(name, id, dash));
  const hidden = found.length - rows.length;
  place.replaceChildren(make("ul", { className: "strips" }, ...rows),
    ...(hidden > 0 ? [make("p", { className: "library-words", textContent: `${hidden} more: search to find them` })] : []),
    ...(found.length === 0 ? [make("p", { className: "library-words", textContent: movies.length === 0 ? "No movies here." : "Nothing is called that." })] : []));
}

function row(name, id, dash) {
  const image = make("img", { loading: "lazy", decoding: "async", alt: "", src: `api/strips/${id}.jpg` });
  image.onerror = () => image.replaceWith(make("i", { textContent: "cannot be read" }));
  const press = (verb, more) => async ({ currentTarget }) => {
    currentTarget.disabled = true;
    await dash.onDeck(verb, name, ...more());
    currentTarget.disabled = false;
  };
  const item = make("li", { className: "strip" }, image, make("strong", { textContent: title(name), title: name }),
    make("div", {}, make("button", { className: "button small", textContent: "Prepare", title: "Open it behind the picture; Take shows it", onclick: press("prepare", () => []) }),
      make("button", { className: "button small primary", textContent: "Load", title: "Show it, with the fade time of the stage", onclick: press("load", () => [dash.fade]) })));
  item.dataset.movie = name;
  return item;
}
