// Sort and filter the cards of the page.

const LEVELS = ["error", "none", "L1", "L2", "L3", "L4"];
const list = document.getElementById("cards");
const cards = [...list.children];
const tools = document.getElementById("tools");
const name = document.getElementById("name");
const sort = document.getElementById("sort");
const shown = document.getElementById("shown");
const boxes = [...tools.querySelectorAll("[name=level]")];

const rank = (card) => LEVELS.indexOf(card.dataset.level);
const orders = {
  number: () => 0,
  name: (a, b) => a.dataset.name.localeCompare(b.dataset.name, undefined, { numeric: true }),
  level: (a, b) => rank(b) - rank(a),
  worst: (a, b) => rank(a) - rank(b),
  obstacles: (a, b) => b.dataset.obstacles - a.dataset.obstacles,
};

function filter() {
  const wanted = name.value.trim().toLowerCase();
  const levels = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
  let count = 0;
  for (const card of cards) {
    card.hidden = !levels.has(card.dataset.level) || !card.dataset.name.toLowerCase().includes(wanted);
    count += card.hidden ? 0 : 1;
  }
  shown.textContent = `${count} of ${cards.length} shown`;
}

function order() {
  const inOrder = (a, b) => orders[sort.value](a, b) || a.dataset.number - b.dataset.number;
  list.append(...cards.sort(inOrder));
}

for (const box of boxes) box.parentElement.hidden = !cards.some((card) => card.dataset.level === box.value);
tools.addEventListener("input", filter);
tools.addEventListener("submit", (event) => event.preventDefault());
sort.addEventListener("change", order);
tools.hidden = false;
order();
filter();
