"use strict";
// Shows what the feed tells. Whatever was sent is put in as text, never as markup.
(() => {
  const MOST = 2000, PAGE = 100, WORST = ["error", "warning", "note", "clean"];
  const of = (id) => document.getElementById(id);
  const name = new URLSearchParams(location.search).get("ns") || "default";
  const base = location.origin + (name === "default" ? "" : `/ns/${encodeURIComponent(name)}`);
  const own = `/_/ns/${encodeURIComponent(name)}`;
  const rows = new Map();
  const QUIET = 700, SELDOM = 3000;
  let calls = [], chosen = null, verdict = "", words = [], shown = PAGE, held = false, kept = [], asking = 0, asked = 0;

  // Signs that nobody sees, or that turn what follows around, are shown as what they are.
  const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00a0\u00ad\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
  const visible = (text) => text.replace(UNSEEN, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);
  const idOf = (text) => visible(text).replace(/^ +| +$/g, (blanks) => "␠".repeat(blanks.length)) || "(empty)";
  const make = (tag, attributes = {}, ...inside) => {
    const made = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes)) {
      if (key === "class") made.className = value;
      else if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
      else if (value !== false && value != null) made.setAttribute(key, value === true ? "" : value);
    }
    made.append(...inside.filter((each) => each != null).map((each) => (typeof each === "string" ? visible(each) : each)));
    return made;
  };
  const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;
  const worst = (found) => WORST.find((each) => found.includes(each)) || "clean";
  const clock = (moment) => {
    const at = new Date(moment);
    const two = (part) => String(part).padStart(2, "0");
    return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, "0")}`;
  };
  const pretty = (text) => { try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; } };
  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const CURLS_OWN = new Set(["host", "content-length", "connection", "accept-encoding", "user-agent", "transfer-encoding", "accept"]);
  const curl = (call) => {
    const words = [`curl -sS -i${call.method === "POST" && call.body ? "" : ` -X ${call.method}`} ${quoted(base + call.path)}`];
    for (const [key, value] of call.headers) {
      if (CURLS_OWN.has(key) || key.startsWith("sec-")) continue;
      words.push(value.endsWith("[redacted]") && key === "authorization" ? '-H "Authorization: Bearer $TOKEN"' : `-H ${quoted(`${key}: ${value}`)}`);
    }
    if (call.body) words.push(`--data-binary ${quoted(call.body.startsWith("@") ? ` ${call.body}` : call.body)}`);
    return words.join(" \\\n  ");
  };
  const copy = async (button, text) => {
    const before = button.textContent;
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      const area = make("textarea", { class: "hidden" });
      area.value = text;
      document.body.append(area);
      area.select();
      button.textContent = document.execCommand("copy") ? "Copied" : "Cannot copy";
      area.remove();
    }
    setTimeout(() => { button.textContent = before; }, 1500);
  };

  const headline = (call) => {
    if (call.kind === "visit") return [make("span", { class: "id" }, call.path), " gave out ", make("span", { class: "id" }, call.clicks.join(", ") || "no click id")];
    const parts = [];
    if (call.customer != null) parts.push(make("bdi", {}, idOf(call.customer)));
    if (call.event != null) parts.push(make("span", {}, ` ${call.event}`));
    if (call.amount != null) parts.push(make("span", { class: "id" }, ` ${call.amount} ${call.currency || ""}`));
    if (call.mode != null) parts.push(make("span", { class: "id" }, ` ${call.mode}`));
    if (call.click) parts.push(make("span", { class: "id" }, ` ${call.click}`));
    if (call.invoice != null) parts.push(make("span", { class: "id" }, ` ${call.invoice}`));
    return parts.length ? parts : [make("span", { class: "id" }, `${call.method} ${call.path}`)];
  };
  const kindOf = (call) => (call.kind === "visit" ? "click" : call.kind || call.method);
  const statusOf = (call) => (call.status ? String(call.status) : "no answer");
  const finding = (each) => make("section", { class: `finding ${each.severity}`, "aria-label": `Finding: ${each.severity}` },
    make("h3", {}, `${each.severity}: ${each.id}`, each.open ? make("span", { class: "dim" }, " if nothing more comes") : null),
    make("p", {}, each.message),
    each.remedy ? make("p", {}, make("b", {}, "Remedy: "), each.remedy) : null,
    make("p", { class: "seen" }, each.requirement ? make("span", { class: "id" }, each.requirement) : "",
      ...(each.events.length > 1 ? [" · seen in ", ...each.events.flatMap((number, index) => [index ? ", " : "", make("a", { href: `#call-${number}`, onclick: (event) => jump(event, number) }, `call ${number}`)])] : [])));

  const inside = (call) => make("div", { class: "inside" },
    call.sentence ? make("p", { class: "sentence" }, call.sentence) : null,
    call.misbehaviour ? make("p", { class: "sentence" }, `The sandbox misbehaved as it was told to: ${call.misbehaviour}.`) : null,
    ...call.findings.map(finding),
    make("div", { class: "pair" },
      make("div", {}, make("h3", {}, `Call ${call.number}: ${call.method} ${call.path}`), make("pre", { tabindex: "0", "aria-label": "Body as sent" }, call.body ? pretty(call.body) : "(no body)")),
      make("div", {}, make("h3", {}, `Answer ${statusOf(call)}`), make("pre", { tabindex: "0", "aria-label": "Answer" }, call.answer ? pretty(call.answer) : "(no body)"))),
    make("details", { class: "foldable" }, make("summary", {}, "Headers"), make("pre", { tabindex: "0", "aria-label": "Headers as sent" }, call.headers.map(([key, value]) => `${key}: ${value}`).join("\n"))),
    make("div", { class: "doing" },
      make("button", { type: "button", class: "button small", onclick: (event) => copy(event.currentTarget, curl(call)) }, "Copy as curl"),
      call.customer != null ? make("button", { type: "button", class: "button small", onclick: () => choose(call.customer) }, "Timeline of this customer") : null));

  const row = (call) => {
    const details = make("details", { id: `call-${call.number}` }, make("summary", {},
      make("time", { datetime: call.time, title: call.time }, clock(call.time)),
      make("span", { class: "kind" }, kindOf(call)),
      make("span", { class: "what" }, ...headline(call)),
      make("span", { class: "end" },
        make("span", { class: `status${call.status >= 400 || !call.status ? " bad" : ""}` }, statusOf(call)),
        call.kind === "visit" ? null : make("span", { class: `badge ${call.verdict}` }, call.verdict)),
      call.findings.length ? make("span", { class: `brief ${call.verdict}` }, call.findings.map((each) => each.message).join(" ")) : null));
    details.addEventListener("toggle", () => { if (details.open && !details.querySelector(".inside")) details.append(inside(call)); });
    return make("li", { class: `call ${call.kind === "visit" ? "visit" : call.verdict}` }, details);
  };
  const rowOf = (call) => {
    if (!rows.has(call.number)) rows.set(call.number, row(call));
    return rows.get(call.number);
  };
  const textOf = (call) => {
    call.text ??= [call.path, call.body, call.kind, call.status, call.outcome, call.sentence, call.clicks.join(" "), call.method,
      ...call.findings.flatMap((each) => [each.id, each.message, each.severity, each.requirement])].join("\n").toLowerCase();
    return call.text;
  };
  const clicksOf = (customer) => new Set(calls.filter((call) => call.customer === customer && call.click).map((call) => call.click));
  // What a finding of the customer's speaks of belongs to the story, whomever it names.
  const isOf = (call, customer) => call.customer === customer || call.findings.some((each) => each.customer === customer);
  const storyOf = (customer) => new Set(calls.filter((call) => isOf(call, customer)).flatMap((call) => [call.number, ...call.findings.flatMap((each) => each.events)]));
  const wanted = () => {
    const clicks = chosen === null ? null : clicksOf(chosen), story = chosen === null ? null : storyOf(chosen);
    return calls.filter((call) => (chosen === null || story.has(call.number) || (call.kind === "visit" && call.clicks.some((click) => clicks.has(click))))
      && (!verdict || (call.kind !== "visit" && call.verdict === verdict)) && words.every((word) => textOf(call).includes(word)));
  };
  const arrange = (list, nodes) => {
    nodes.forEach((node, index) => { if (list.children[index] !== node) list.insertBefore(node, list.children[index] || null); });
    while (list.children.length > nodes.length) list.lastChild.remove();
  };
  const people = () => {
    const found = new Map();
    for (const call of calls) {
      if (call.customer == null) continue;
      // Whose attribution is at stake may be somebody whom another call names.
      for (const each of call.findings) if (each.customer !== call.customer) found.get(each.customer)?.verdicts.push(each.severity);
      const person = found.get(call.customer) || { name: call.customer, count: 0, verdicts: [] };
      person.count += 1;
      person.verdicts.push(call.verdict);
      found.delete(call.customer);
      found.set(call.customer, person);
    }
    return [...found.values()].reverse();
  };
  const cards = new Map();
  const card = (person) => {
    if (!cards.has(person.name)) {
      const made = make("button", { type: "button", onclick: () => choose(chosen === person.name ? null : person.name) },
        make("span", { class: "dot", "aria-hidden": "true" }), make("bdi", {}, idOf(person.name)), make("span", { class: "count" }));
      cards.set(person.name, make("li", {}, made));
    }
    const button = cards.get(person.name).firstChild, state = worst(person.verdicts);
    button.className = `person ${state}`;
    button.setAttribute("aria-pressed", String(chosen === person.name));
    button.setAttribute("aria-label", `${idOf(person.name)}, ${plural(person.count, "call")}, ${state}`);
    button.lastChild.textContent = person.count;
    return cards.get(person.name);
  };
  const step = (call) => {
    if (call.kind === "visit") return "click";
    if (call.kind === "sale") return `sale${call.amount != null ? ` ${call.amount} ${call.currency || ""}` : ""}`;
    return `${call.event || call.kind || call.method}${call.mode === "deferred" ? " (deferred)" : ""}`;
  };

  const draw = () => {
    const tracked = calls.filter((call) => call.kind !== "visit");
    of("columns").hidden = !calls.length;
    of("empty").hidden = calls.length > 0;
    of("n-all").textContent = tracked.length;
    for (const each of WORST) {
      const count = tracked.filter((call) => call.verdict === each).length;
      of(`n-${each}`).textContent = count;
      of(`n-${each}`).parentElement.classList.toggle("none", !count);
    }
    for (const tile of document.querySelectorAll(".tile")) tile.setAttribute("aria-pressed", String(tile.dataset.verdict === verdict));
    const everyone = people();
    of("n-customers").textContent = everyone.length;
    arrange(of("customers"), everyone.slice(0, 300).map(card));
    const found = wanted().reverse();
    arrange(of("list"), found.slice(0, shown).map(rowOf));
    of("more").hidden = found.length <= shown;
    of("nothing").hidden = found.length > 0;
    of("chosen").hidden = chosen === null;
    if (chosen !== null) {
      of("chosen-name").textContent = idOf(chosen);
      of("journey").replaceChildren(...[...found].reverse().slice(-40).map((call) => make("li", {},
        make("a", { class: call.kind === "visit" ? "clean" : call.verdict, href: `#call-${call.number}`, onclick: (event) => jump(event, call.number) }, make("span", { class: "dot", "aria-hidden": "true" }), make("bdi", {}, step(call)),
          make("span", { class: "hidden" }, call.kind === "visit" ? "" : `, ${call.verdict}`)))));
    }
  };
  const choose = (customer) => { chosen = customer; shown = PAGE; draw(); if (customer !== null) of("chosen").scrollIntoView({ block: "nearest" }); };
  const jump = (event, number) => {
    event?.preventDefault();
    const call = calls.find((each) => each.number === number);
    if (!call) return;
    if (!wanted().includes(call)) { chosen = null; verdict = ""; words = []; of("search").value = ""; }
    shown = Math.max(shown, calls.length - calls.indexOf(call) + 1);
    draw();
    const details = of(`call-${number}`);
    details.open = true;
    details.scrollIntoView({ block: "center" });
    details.querySelector("summary").focus({ preventScroll: true });
  };

  const take = (told) => {
    if (held) { kept.push(...told); of("hold").textContent = `Continue (${kept.length})`; return; }
    calls.push(...told);
    if (calls.length > MOST) {
      for (const gone of calls.splice(0, calls.length - MOST)) rows.delete(gone.number);
    }
    draw();
    askSoon();
    const errors = told.filter((call) => call.verdict === "error").length;
    if (told.length) of("news").textContent = `${plural(told.length, "new call")}${errors ? `, ${errors} with an error` : ""}`;
  };
  // What only the end could tell (never verified, not tried again) is asked for when nothing has come for a moment.
  const askSoon = () => {
    clearTimeout(asking);
    asking = setTimeout(ask, Math.max(QUIET, asked + SELDOM - Date.now()));
  };
  const ask = async () => {
    asked = Date.now();
    let told;
    try {
      told = (await (await fetch(`${own}/findings`)).json()).findings;
    } catch {
      return;
    }
    const open = new Map();
    for (const each of told) {
      const number = each.events.at(-1);
      if (each.open) open.set(number, [...(open.get(number) || []), each]);
    }
    for (const call of calls) {
      const before = call.findings.filter((each) => each.open), now = open.get(call.number) || [];
      if (JSON.stringify(before) === JSON.stringify(now)) continue;
      call.findings = [...call.findings.filter((each) => !each.open), ...now];
      call.verdict = worst(call.findings.map((each) => each.severity));
      delete call.text;
      const old = rows.get(call.number), opened = old?.firstChild.open;
      rows.delete(call.number);
      if (opened) { old.replaceWith(rowOf(call)); rowOf(call).firstChild.open = true; }
    }
    draw();
  };
  const situate = (told) => {
    of("profile").textContent = told.profile;
    begin(told.token);
    const list = of("namespace"), options = told.namespaces.map((each) => {
      const marks = [plural(each.calls, "call"), each.error && plural(each.error, "error"), each.warning && plural(each.warning, "warning")].filter(Boolean);
      return make("option", { value: each.name, selected: each.name === name }, `${each.name} (${marks.join(", ")})`);
    });
    if (!told.namespaces.some((each) => each.name === name)) options.push(make("option", { value: name, selected: true }, `${name} (0 calls)`));
    if (document.activeElement !== list) list.replaceChildren(...options);
    of("foot").textContent = (told.file
      ? `Everything is kept in ${told.file}. `
      : "Kept in memory only: when memory runs short the oldest namespaces go first, and nothing is left when the sandbox ends. ")
      + "The page shows the latest 2000 calls of a namespace.";
    of("notice").hidden = !told.forgotten;
    of("notice").textContent = told.forgotten ? `Memory ran short: ${plural(told.forgotten, "namespace")} had to be forgotten, the oldest first.` : "";
  };
  const state = (kind, text) => { of("state").dataset.state = kind; of("state-text").textContent = text; };

  of("base").textContent = base;
  of("har").href = `${own}/exchanges.har`;
  of("report").href = `${own}/report.html`;
  let first = "";
  const begin = (token) => {
    first = `BASE=${base}
CLICK=$(curl -s -o /dev/null -w '%{redirect_url}' $BASE/l/demo)
curl -i $BASE/track/lead \\
  -H "Authorization: Bearer ${token}" \\
  -H 'Content-Type: application/json' \\
  -d '{"clickId": "'"${"${CLICK##*=}"}"'", "eventName": "sign_up", "customerExternalId": "user_42"}'`;
    of("first").textContent = first;
  };
  of("copy-first").addEventListener("click", (event) => copy(event.currentTarget, first));
  of("copy-base").addEventListener("click", (event) => copy(event.currentTarget, base));
  of("namespace").addEventListener("change", (event) => { location.search = event.target.value === "default" ? "" : `?ns=${encodeURIComponent(event.target.value)}`; });
  of("search").addEventListener("input", (event) => { words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean); shown = PAGE; draw(); });
  of("everyone").addEventListener("click", () => choose(null));
  of("more").addEventListener("click", () => { shown += PAGE; draw(); });
  of("hold").addEventListener("click", () => {
    held = !held;
    of("hold").setAttribute("aria-pressed", String(held));
    of("hold").textContent = held ? "Continue" : "Pause";
    state(held ? "held" : "live", held ? "paused" : "live");
    if (!held) take(kept.splice(0));
  });
  for (const tile of document.querySelectorAll(".tile")) tile.addEventListener("click", () => { verdict = verdict === tile.dataset.verdict ? "" : tile.dataset.verdict; shown = PAGE; draw(); });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !/^(input|select|textarea)$/i.test(event.target.tagName)) { event.preventDefault(); of("search").focus(); }
    if (event.key === "Escape" && event.target === of("search")) { of("search").value = ""; words = []; draw(); }
  });
  of("reset").addEventListener("click", () => { of("ask-name").textContent = name; of("ask").returnValue = "no"; of("ask").showModal(); });
  of("ask").addEventListener("close", async () => { if (of("ask").returnValue === "yes") await fetch(own, { method: "DELETE" }); });
  if (matchMedia("(max-width: 58rem)").matches) of("who").open = false;

  const feed = new EventSource(`/_/feed?ns=${encodeURIComponent(name)}`);
  feed.addEventListener("open", () => state(held ? "held" : "live", held ? "paused" : "live"));
  feed.addEventListener("error", () => state("lost", "not connected"));
  feed.addEventListener("begin", (message) => {
    const told = JSON.parse(message.data);
    calls = [];
    kept = [];
    rows.clear();
    cards.clear();
    situate(told);
    const pausing = held;
    held = false;
    take(told.exchanges);
    held = pausing;
  });
  feed.addEventListener("more", (message) => {
    const told = JSON.parse(message.data);
    situate(told);
    take(told.exchanges);
  });
})();
