// Shows which of a password's rules are met while it is typed, and the password itself on demand. Pages work without it.
"use strict";

(() => {
  const input = document.querySelector("[data-check]");
  const rules = document.getElementById("rules");
  const told = document.getElementById("told");
  if (!input || !rules) return;
  let asked = 0;
  let timer;

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(check, 200);
  });

  // check asks the tenant, which decides in the end too; only the answer to the last question counts.
  async function check() {
    const mine = ++asked;
    try {
      const response = await fetch(input.dataset.check, { method: "POST", body: new URLSearchParams({ password: input.value }) });
      if (!response.ok || mine !== asked) return;
      rules.innerHTML = await response.text();
      const met = rules.querySelectorAll(".met").length;
      told.textContent = `${met} of ${rules.children.length} rules are met`;
    } catch { /* the tenant is away: it says so when the form is sent */ }
  }
})();

for (const field of document.querySelectorAll(".reveal")) {
  const input = field.querySelector("input");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "quiet";
  const name = document.querySelector(`label[for="${input.id}"]`).textContent;
  const set = (shown) => {
    input.type = shown ? "text" : "password";
    button.textContent = shown ? "Hide" : "Show";
    button.setAttribute("aria-label", `${shown ? "Hide" : "Show"}: ${name}`);
  };
  set(false);
  button.addEventListener("click", () => set(input.type === "password"));
  input.form.addEventListener("submit", () => set(false));
  field.append(button);
}
