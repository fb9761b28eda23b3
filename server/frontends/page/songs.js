// Songs as the server tells them, each fetched again only when it has changed.

const known = new Map();

export async function listSongs() {
  return (await told("api/songs")).songs;
}

// A song of pictures, the same object until something of it changes.
export async function fetchSong(id) {
  const response = await fetch(`api/songs/${id}`);
  if (!response.ok) throw new Error(await reason(response));
  const tag = response.headers.get("ETag");
  const old = known.get(id);
  if (old !== undefined && old.tag === tag) return old;
  const song = read(id, tag, await response.json());
  known.set(id, song);
  return song;
}

export function knownSong(id) {
  return known.get(id) ?? null;
}

// Change a song's files; resolves with what was done, in words.
export async function change(id, what, body) {
  const response = await fetch(`api/songs/${id}/${what}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(await reason(response));
  return (await response.json()).text;
}

export function thumbUrl(song, picture) {
  return `api/songs/${song.id}/thumb/${picture.key}.jpg?v=${picture.stamp}`;
}

// `name-seed` as people read it.
export function split(node) {
  const at = node.lastIndexOf("-");
  return at > 0 ? [node.slice(0, at), node.slice(at + 1)] : [node, ""];
}

function read(id, tag, told_) {
  const pictures = told_.pictures.map(([node, key, prompt, presence, stamp, why, never], number) => (
    { number, node, key, prompt, presence, stamp, why, never: never === 1, scenes: [], whole: 0, flawed: 0, lacking: 0 }));
  const scenes = told_.scenes.map(([name, key, inside], number) => ({ number, name, key, pictures: inside }));
  for (const scene of scenes) for (const number of scene.pictures) pictures[number].scenes.push(scene.number);
  const edges = [];
  for (const [kind, ends] of Object.entries(told_.edges)) {
    for (let n = 0; n < ends.length; n += 2) edges.push({ kind, one: ends[n], other: ends[n + 1], why: "" });
  }
  const between = new Map(edges.map((edge) => [pair(edge.one, edge.other), edge]));
  for (const [one, other, why] of told_.reasons) {
    const edge = between.get(pair(one, other));
    if (edge) edge.why = why;
  }
  for (const { kind, one, other } of edges) {
    const count = kind === "exists" || kind === "stale" ? "whole" : kind === "damaged" ? "flawed" : "lacking";
    pictures[one][count] += 1;
    pictures[other][count] += 1;
  }
  return { id, tag, name: told_.name, pictures, scenes, edges, between, sequences: told_.sequences,
    stories: told_.stories, undo: told_.undo, byNode: new Map(pictures.map((each) => [each.node, each])) };
}

export function pair(one, other) {
  return one < other ? `${one} ${other}` : `${other} ${one}`;
}

async function told(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(await reason(response));
  return response.json();
}

async function reason(response) {
  const text = await response.text();
  try {
    return JSON.parse(text).text ?? text;
  } catch {
    return text.trim() || `the server answered ${response.status}`;
  }
}
