"use strict";
(() => {
  const form = document.getElementById("filter");
  const kinds = [...document.querySelectorAll("article.breach")];
  const words = new Map();

  function text(element) {
    if (!words.has(element)) words.set(element, element.textContent.toLowerCase());
    return words.get(element);
  }

  function apply() {
    const severities = new Set([...form.querySelectorAll("[name=severity]:checked")].map((box) => box.value));
    const wanted = form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    let [shown, all] = [0, 0];
    for (const kind of kinds) {
      const about = text(kind.querySelector("header")) + text(kind.querySelector("h3"));
      const fits = !severities.size || severities.has(kind.dataset.severity);
      let left = 0;
      for (const item of kind.querySelectorAll(".item")) {
        item.hidden = !(fits && wanted.every((word) => about.includes(word) || text(item).includes(word)));
        left += !item.hidden;
        all += 1;
      }
      kind.hidden = !left;
      shown += left;
    }
    document.getElementById("shown").textContent = `${shown} of ${all} findings shown`;
    document.getElementById("nothing").hidden = shown > 0;
  }

  async function copy(source, button) {
    try {
      await navigator.clipboard.writeText(source.textContent);
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

  if (!form) return;
  form.hidden = false;
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("clear").addEventListener("click", () => {
    form.reset();
    apply();
  });
  addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.target.closest("input")) {
      event.preventDefault();
      form.elements.text.focus();
    }
  });
  apply();
})();
