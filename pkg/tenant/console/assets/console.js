// Keeps a page's live part up to date, and filters the tree of units. Pages work without it.
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

(() => {
  const input = document.querySelector("[data-filter]");
  const tree = input && document.getElementById(input.dataset.filter);
  if (!tree) return;
  input.addEventListener("input", () => {
    const wanted = input.value.trim().toLowerCase();
    show(tree.querySelector("ul"), wanted);
  });

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
})();

// A unit that is not chosen shows that something below it is; one below a chosen unit comes along.
(() => {
  const tree = document.getElementById("units");
  if (!tree) return;
  const boxes = [...tree.querySelectorAll("input[type=checkbox]")];
  const settle = () => {
    for (const box of boxes) {
      const below = box.closest("li").querySelector(":scope > details");
      box.indeterminate = !box.checked && !!below && !!below.querySelector("input:checked");
    }
  };
  tree.addEventListener("change", settle);
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
