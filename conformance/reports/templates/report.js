"use strict";
(() => {
  const form = document.getElementById("filter");
  const items = [...document.querySelectorAll(".item")];
  const suites = [...document.querySelectorAll(".suite")];
  const words = new Map();

  function text(item) {
    if (!words.has(item)) words.set(item, `${item.id} ${item.textContent}`.toLowerCase());
    return words.get(item);
  }

  function apply() {
    const verdicts = new Set([...form.querySelectorAll("[name=verdict]:checked")].map((box) => box.value));
    const suite = form.elements.suite.value;
    const wanted = form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const seen = { requirement: [0, 0], scenario: [0, 0] };
    for (const item of items) {
      const { kind, verdict } = item.dataset;
      const fits =
        (!verdicts.size || verdicts.has(verdict)) &&
        (!suite || item.dataset.suite === suite) &&
        wanted.every((word) => text(item).includes(word));
      item.hidden = !fits;
      seen[kind][0] += fits;
      seen[kind][1] += 1;
    }
    for (const each of suites) each.hidden = !each.querySelector(".item:not([hidden])");
    const [requirements, scenarios] = [seen.requirement, seen.scenario];
    document.getElementById("shown").textContent =
      `${requirements[0]} of ${requirements[1]} requirements and ${scenarios[0]} of ${scenarios[1]} scenarios shown`;
    document.getElementById("nothing").hidden = requirements[0] + scenarios[0] > 0;
  }

  // A link leads to what it names, whatever the filter hides and whatever is folded.
  function arrive() {
    let name = location.hash.slice(1);
    try { name = decodeURIComponent(name); } catch { /* as it stands */ }
    const goal = name && document.getElementById(name);
    if (!goal) return;
    if (goal.closest("[hidden]")) {
      form.reset();
      apply();
    }
    for (let fold = goal.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    goal.scrollIntoView({ block: "start" });
    const focus = goal.matches("details") ? goal.querySelector("summary") : goal;
    focus.focus({ preventScroll: true });
  }

  async function copy(source, button) {
    const value = source.textContent;
    try {
      await navigator.clipboard.writeText(value);
    } catch {
      getSelection().selectAllChildren(source);
      document.execCommand("copy");
    }
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  }

  for (const source of document.querySelectorAll(".copy")) {
    const frame = document.createElement("div");
    const button = document.createElement("button");
    frame.className = "with-button";
    button.type = "button";
    button.textContent = "Copy";
    button.addEventListener("click", () => copy(source, button));
    source.replaceWith(frame);
    frame.append(source, button);
  }

  const unfold = document.getElementById("unfold");
  unfold.hidden = false;
  unfold.addEventListener("click", () => {
    const shown = [...document.querySelectorAll(".scenario:not([hidden])")];
    const open = shown.some((scenario) => !scenario.open);
    for (const scenario of shown) scenario.open = open;
    unfold.textContent = open ? "Fold all shown" : "Unfold all shown";
  });

  form.hidden = false;
  form.addEventListener("input", apply);
  document.getElementById("clear").addEventListener("click", () => {
    form.reset();
    apply();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.target.closest("input, select, textarea")) {
      event.preventDefault();
      form.elements.text.focus();
    }
  });
  addEventListener("hashchange", arrive);
  apply();
  arrive();
})();
