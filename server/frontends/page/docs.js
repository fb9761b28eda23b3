// The search of /docs: what does not have all the words is left out.

const search = document.getElementById("search");
const count = document.getElementById("count");
const entries = [...document.querySelectorAll("article")].map((element) => [element, element.textContent.toLowerCase()]);

function filter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let seen = 0;
  for (const [element, text] of entries) {
    element.hidden = !words.every((word) => text.includes(word));
    if (!element.hidden) seen += 1;
  }
  for (const section of document.querySelectorAll("section")) section.hidden = section.querySelector("article:not([hidden])") === null;
  count.textContent = `${seen} of ${entries.length}`;
}

search.oninput = filter;
addEventListener("keydown", (event) => {
  if (event.key === "/" && event.target !== search) {
    event.preventDefault();
    search.focus();
  }
});
filter();
