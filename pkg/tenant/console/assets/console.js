// Keeps a page's live part up to date, and grows the tree of units. Pages work without it.
"use strict";

(() => {
  const address = document.body.dataset.live;
  const live = document.getElementById("live");
  if (!address || !live) return;
  let shown = live.innerHTML;
  let busy = false;
  let again = false;

  // refresh asks for the live part and puts it in place, keeping focus and what was unfolded.
  async function refresh() {
    if (busy) { again = true; return; }
    busy = true;
    try {
      const response = await fetch(location.pathname, { headers: { "X-Fragment": "live" } });
      if (response.status === 401) { location.reload(); return; }
      if (response.ok) put(await response.text());
    } catch { /* the tenant is away; the stream tells when it is back */ }
    busy = false;
    if (again) { again = false; refresh(); }
  }

  function put(html) {
    if (html === shown) return;
    shown = html;
    const focused = live.contains(document.activeElement) ? document.activeElement.id : "";
    const open = [...live.querySelectorAll("details[open][id]")].map((d) => d.id);
    const before = words();
    live.innerHTML = html;
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    const now = words();
    if (now !== before) document.getElementById("told").textContent = now;
  }

  // words is what somebody who cannot see the page should hear of.
  function words() {
    return [...live.querySelectorAll(".pill, .condition h3, .held h2")].map((e) => e.textContent.trim()).join(". ");
  }

  new EventSource(address).addEventListener("changed", refresh);
})();

// The tree of units: what is below a unit comes from the agent as it is unfolded, what is searched for as one types. A unit that
// is not chosen shows that something below it is; one below a chosen unit comes along.
(() => {
  const tree = document.getElementById("units");
  if (!tree) return;
  const top = tree.querySelector("ul");
  const input = document.getElementById("unit-filter");
  const told = document.getElementById("units-told");
  const fewest = 20; // that unfolding adds, where there are so many
  let asked = 0;

  // tame keeps the buttons, which are for pages without this script, from sending the form.
  function tame() {
    for (const button of document.querySelectorAll(".unfold, [name=look]")) button.type = "button";
  }

  async function ask(params) {
    const response = await fetch(`${tree.dataset.units}?${new URLSearchParams(params)}`, { headers: { "X-Fragment": "live" } });
    if (response.status === 401) { location.reload(); return null; }
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (!response.ok) throw new Error(page.querySelector("h1, h2")?.textContent || "The agent did not answer");
    return page.querySelector("ul");
  }

  const unit = (item) => item.querySelector("input").value;

  // merge puts what came into the tree; what is there keeps its ticks.
  function merge(from, into) {
    let first = null;
    for (const item of [...from.children]) {
      const known = [...into.children].find((c) => unit(c) === unit(item));
      if (!known) {
        into.append(document.importNode(item, true));
        first ||= into.lastElementChild;
        continue;
      }
      const [more, there] = [item, known].map((li) => li.querySelector(":scope > details > ul"));
      if (more && there && more.children.length) {
        const inner = merge(more, there);
        first ||= inner;
        const left = Number(known.dataset.below) - there.children.length;
        if (left <= 0) known.querySelector(":scope > details > .unfold")?.remove();
      }
    }
    return first;
  }

  // settle shows in each box whether something below it is chosen.
  function settle() {
    for (const box of tree.querySelectorAll("input[type=checkbox]")) {
      const below = box.closest("li").querySelector(":scope > details");
      box.indeterminate = !box.checked && !!below && !!below.querySelector("input:checked");
    }
  }

  async function unfold(item, focus) {
    const list = item.querySelector(":scope > details > ul");
    try {
      let first = null;
      const before = list.children.length;
      for (let whole = false; !whole && list.children.length < before + fewest;) { // most of a page may be there already
        const found = await ask({ unfold: unit(item), skip: item.dataset.read || 0 });
        if (!found) return;
        whole = found.dataset.truncated !== "true";
        item.dataset.read = Number(item.dataset.read || 0) + found.children.length;
        const added = merge(found, list);
        first ||= added;
        const button = item.querySelector(":scope > details > .unfold");
        if (whole) button?.remove();
        else if (button) button.textContent = `${item.dataset.below - list.children.length} more`;
      }
      told.textContent = "";
      if (focus) first?.querySelector("input")?.focus();
      tame();
      settle();
    } catch (problem) { told.textContent = `${problem.message}.`; }
  }

  tree.addEventListener("toggle", (e) => {
    const details = e.target;
    if (details.open && !details.querySelector(":scope > ul > li")) unfold(details.closest("li"), false);
  }, true);
  tree.addEventListener("click", (e) => {
    const button = e.target.closest(".unfold");
    if (button) unfold(button.closest("li"), true);
  });
  tree.addEventListener("change", settle);

  async function search() {
    const wanted = input.value.trim().toLowerCase();
    const now = ++asked;
    let many = false;
    if (wanted.length > 1) {
      try {
        const found = await ask({ find: wanted });
        if (now !== asked || !found) return;
        many = found.dataset.truncated === "true";
        merge(found, top);
        tame();
        settle();
      } catch (problem) { told.textContent = `${problem.message}.`; return; }
    }
    const any = show(top, wanted);
    told.textContent = !any ? "No unit has this in its name." : many ? "More units have this in their name than can be shown. Type more of it." : "";
  }

  // show hides what neither has the word nor holds something that has; it tells whether anything is left.
  function show(list, wanted) {
    let any = false;
    for (const item of list.children) {
      const below = item.querySelector(":scope > details");
      const own = item.querySelector(":scope > .unit label").textContent.toLowerCase().includes(wanted);
      const inside = below ? show(below.querySelector(":scope > ul"), own ? "" : wanted) : false;
      item.hidden = !own && !inside;
      if (wanted && inside && !own) below.open = true;
      any ||= !item.hidden;
    }
    return any;
  }

  let waiting = 0;
  input.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(search, 250); });
  input.addEventListener("keypress", (e) => { if (e.key === "Enter") { e.preventDefault(); clearTimeout(waiting); search(); } });
  document.querySelector("[name=look]").addEventListener("click", search);
  tame();
  settle();
})();

// The round plus closes again by Escape, which gives the focus back to it, and when one turns elsewhere.
(() => {
  const plus = document.querySelector(".fab");
  if (!plus) return;
  document.addEventListener("keydown", (e) => {
    if (e.key !== "Escape" || !plus.open) return;
    plus.open = false;
    plus.querySelector("summary").focus();
  });
  for (const turning of ["click", "focusin"]) {
    document.addEventListener(turning, (e) => { if (!plus.contains(e.target)) plus.open = false; });
  }
})();
