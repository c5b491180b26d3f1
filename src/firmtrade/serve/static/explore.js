// The explorer without reloading: the page answers every view by itself, this only puts it in place.
// The address is the view's, so that back, reload and bookmarks work as anywhere.

const root = document.documentElement;
root.classList.add("js");
let running = null;
let waiting = 0;

const explorer = () => document.getElementById("explorer");

function chosen(form) {
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (value) query.append(name, value);
  }
  return `${form.getAttribute("action")}?${query}`;
}

async function load(address, push) {
  running?.abort();
  running = new AbortController();
  const result = document.getElementById("result");
  result?.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(address, { signal: running.signal, headers: { accept: "text/html" } });
    const text = await answer.text();
    const page = new DOMParser().parseFromString(text, "text/html");
    const next = page.getElementById("explorer");
    if (!next) {
      location.assign(address);
      return;
    }
    put(next, page.title);
    if (push) history.pushState(null, "", answer.url);
  } catch (error) {
    if (error.name === "AbortError") return;
    result?.removeAttribute("aria-busy");
    announce(explorer().dataset.failed);
  }
}

function put(next, title) {
  const focused = document.activeElement?.id;
  const open = [...document.querySelectorAll("#explorer details[open]")].map((one) => one.id);
  const scrolled = Object.fromEntries(
    [...document.querySelectorAll("#explorer .panel")].map((one) => [one.parentElement.id, one.scrollTop]),
  );
  explorer().replaceWith(next);
  document.title = title;
  for (const id of open) {
    const one = document.getElementById(id);
    if (one) one.open = true;
  }
  for (const [id, top] of Object.entries(scrolled)) {
    const panel = document.querySelector(`#${CSS.escape(id)} > .panel`);
    if (panel) panel.scrollTop = top;
  }
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  languages();
  announce(next.dataset.updated);
}

// The links to other languages lead back to the view that is shown.
function languages() {
  const back = encodeURIComponent(location.pathname + location.search);
  for (const link of document.querySelectorAll('a[href^="/language?"]')) {
    link.href = link.getAttribute("href").replace(/back=[^&]*/, `back=${back}`);
  }
}

function announce(text) {
  const place = document.getElementById("announce");
  if (place) place.textContent = text;
}

document.addEventListener("change", (event) => {
  const form = event.target.closest?.("#choose");
  if (!form) return;
  if (event.target.dataset.alone !== undefined) {
    for (const other of form.querySelectorAll(`input[name="${event.target.name}"]`)) {
      if (other !== event.target) other.checked = false;
    }
  }
  clearTimeout(waiting);
  waiting = setTimeout(() => load(chosen(form), true), 120);
});

document.addEventListener("submit", (event) => {
  if (event.target.id !== "choose") return;
  event.preventDefault();
  load(chosen(event.target), true);
});

window.addEventListener("popstate", () => load(location.href, false));

// -- copying ------------------------------------------------------------------------------------------

function rows(table) {
  const grid = [];
  [...table.rows].forEach((row, at) => {
    let column = 0;
    for (const cell of row.cells) {
      grid[at] ??= [];
      while (grid[at][column] !== undefined) column += 1;
      for (let down = 0; down < cell.rowSpan; down += 1) {
        for (let along = 0; along < cell.colSpan; along += 1) {
          (grid[at + down] ??= [])[column + along] = down || along ? "" : written(cell);
        }
      }
      column += cell.colSpan;
    }
  });
  return grid;
}

function written(cell) {
  const copy = cell.cloneNode(true);
  copy.querySelectorAll(".unseen, sup").forEach((one) => one.remove());
  return copy.textContent.trim().replace(/\s+/g, " ");
}

async function copyTable() {
  const table = document.getElementById("table");
  const title = document.getElementById("view-title").textContent;
  const grid = rows(table);
  const text = [[title], ...grid].map((row) => row.join("\t")).join("\n");
  const safe = (said) => said.replace(/&/g, "&amp;").replace(/</g, "&lt;");
  const line = (row) => `<tr>${row.map((said) => `<td>${safe(said)}</td>`).join("")}</tr>`;
  const html = `<table><caption>${safe(title)}</caption>${grid.map(line).join("")}</table>`;
  if (window.ClipboardItem && navigator.clipboard?.write) {
    const parts = { "text/plain": text, "text/html": html };
    const blobs = Object.entries(parts).map(([type, part]) => [type, new Blob([part], { type })]);
    await navigator.clipboard.write([new ClipboardItem(Object.fromEntries(blobs))]);
  } else {
    await navigator.clipboard.writeText(text);
  }
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy]");
  if (!button) return;
  const what = button.dataset.copy;
  try {
    if (what === "table") await copyTable();
    else if (what === "address") await navigator.clipboard.writeText(new URL(document.getElementById("address").value, location.href).href);
    else await navigator.clipboard.writeText(document.getElementById(what).textContent);
    document.getElementById("said").textContent = explorer().dataset.copied;
    announce(explorer().dataset.copied);
  } catch {
    announce(explorer().dataset.failed);
  }
});
