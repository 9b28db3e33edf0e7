// Judges the page as it is shown: by axe-core's rules of WCAG 2.2 AA and of good practice, and by one that axe-core does
// not have, 2.4.11: what has the focus is never wholly under something else. Gives a line for each element that breaks one.
(async () => {
  const found = await axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    resultTypes: ["violations"],
  });
  const broken = found.violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id} (${rule.help}): ${node.target.join(" ")}
    ${node.html.slice(0, 200)}
    ${node.failureSummary.replaceAll("\n", "\n    ")}`));

  // seen reports whether some part of an element that has the focus can be seen.
  function seen(element) {
    const box = element.getBoundingClientRect();
    return [[.5, .5], [.1, .1], [.9, .1], [.1, .9], [.9, .9]].some(([x, y]) => {
      const at = document.elementFromPoint(box.left + box.width * x, box.top + box.height * y);
      return at && (element.contains(at) || at.contains(element) || at.closest("label")?.control === element);
    });
  }

  const [before, x, y] = [document.activeElement, scrollX, scrollY];
  const open = document.querySelectorAll("details[open]");
  for (const element of document.querySelectorAll("a[href], button, input, select, summary, [tabindex='0']")) {
    element.focus();
    if (document.activeElement === element && element.tabIndex >= 0 && !seen(element)) {
      broken.push(`focus-not-obscured (what has the focus is in sight): ${element.outerHTML.slice(0, 200)}`);
    }
  }
  document.activeElement.blur();
  before.focus();
  for (const one of open) one.open = true;
  scrollTo(x, y);
  return broken;
})();
