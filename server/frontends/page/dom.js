// Small things that every part of the page uses.

export const $ = (id) => document.getElementById(id);

export function timeText(seconds) {
  if (!Number.isFinite(seconds)) return "–";
  const hundredths = Math.floor(Math.max(0, seconds) * 100 + 1e-6);
  const minutes = Math.floor(hundredths / 6000);
  const rest = ((hundredths % 6000) / 100).toFixed(2).padStart(5, "0");
  if (minutes < 60) return `${minutes}:${rest}`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest.slice(0, 2)}`;
}

export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// An element with properties, a class among them, and what is in it.
export function make(kind, properties = {}, ...inside) {
  const element = Object.assign(document.createElement(kind), properties);
  element.append(...inside);
  return element;
}

// A stylesheet of a panel, fetched once; settles when it counts.
export function style(file) {
  const href = `page/${file}`;
  if (document.querySelector(`link[href="${href}"]`)) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const link = make("link", { rel: "stylesheet", href, onload: resolve });
    link.onerror = () => reject(new Error(`${file} did not come`));
    document.head.append(link);
  });
}

export function frameUrl(movie, frame, session) {
  const path = movie.split("/").map(encodeURIComponent).join("/");
  return `frame/${path}/${frame}.jpg?s=${session}`;
}

export function title(movie) {
  return movie.slice(movie.lastIndexOf("/") + 1).replace(/\.[^.]+$/, "");
}

// The same line twice in a row stays one note. `kind`: "done" for what went well; without it, it is bad news.
export function note(text, kind = "") {
  const notes = $("notes");
  const last = notes.lastElementChild;
  if (last !== null && last.textContent === text) last.remove();
  const line = document.createElement("p");
  line.className = `note ${kind}`;
  line.textContent = text;
  notes.append(line);
  while (notes.childElementCount > 4) notes.firstElementChild.remove();
  setTimeout(() => line.remove(), 7000);
}

export function remembered(key, otherwise) {
  try {
    return localStorage.getItem(`interscene.${key}`) ?? otherwise;
  } catch {
    return otherwise;
  }
}

export function remember(key, value) {
  try {
    localStorage.setItem(`interscene.${key}`, String(value));
  } catch {
    // A browser that keeps nothing still plays.
  }
}
