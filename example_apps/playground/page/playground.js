"use strict";

// All that comes from a token reaches the page as text. The policy of the page refuses markup.

const form = document.getElementById("form");
const byId = (id) => document.getElementById(id);

const MARKS = { passed: "✓", failed: "✕", not_reached: "–" };
const WORDS = { passed: "passed", failed: "failed", not_reached: "not reached" };
const TYPING_MS = 300;

let presets = [];
let asked = 0;
let timer = 0;

function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

// ---- the form ----

function fieldsOf() {
  const fields = {};
  for (const element of form.elements) {
    const skipped = !element.name || element.name === "preset" || element.disabled;
    if (skipped || (element.type === "radio" && !element.checked)) continue;
    fields[element.name] = element.value;
  }
  return fields;
}

function mode() {
  return form.elements.mode.value;
}

/** Show what the chosen kind of token has, and nothing else. */
function adapt() {
  const building = mode() === "build";
  byId("build").hidden = !building;
  byId("paste").hidden = building;
  byId("clear").hidden = building;
  const kind = building ? form.elements.kind.value : "access";
  for (const element of form.querySelectorAll("[data-kinds]")) {
    const fits = element.dataset.kinds.split(" ").includes(kind);
    const control = element.matches("label") ? element.firstElementChild : element;
    control.disabled = !fits;
    if (element.matches("label, option")) element.hidden = !fits;
    else element.closest(".field").hidden = !fits;
  }
  for (const select of form.querySelectorAll("select")) {
    if (select.selectedOptions[0]?.disabled) select.selectedIndex = 0;
  }
  const chosen = form.querySelector("[name=route]:checked");
  if (!chosen || chosen.disabled) {
    form.querySelector("[name=route]:not(:disabled)").checked = true;
  }
}

function fill(fields) {
  form.elements.kind.value = fields.kind;
  adapt();
  for (const [name, value] of Object.entries(fields)) form.elements[name].value = value;
  adapt();
}

/** What was changed by hand is none of the presets any more. */
function forgetPreset() {
  for (const radio of form.querySelectorAll("[name=preset]")) radio.checked = false;
  byId("preset-says").textContent = mode() === "build" ? "A request of your own making." : "A token of your own.";
}

function showPresets() {
  byId("presets").replaceChildren(
    ...presets.map((preset) =>
      make(
        "label",
        { class: preset.name === "good" ? "chip good" : "chip" },
        make("input", { type: "radio", name: "preset", value: preset.name, "aria-describedby": "preset-says" }),
        make("span", {}, preset.title),
      ),
    ),
  );
}

function choosePreset(name) {
  const preset = presets.find((one) => one.name === name);
  fill(preset.fields);
  form.querySelector(`[name=preset][value="${preset.name}"]`).checked = true;
  byId("preset-says").textContent = preset.says;
  judge();
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  await judge();
  if (!byId("problem").textContent) byId("verdict").scrollIntoView({ block: "nearest" });
});

form.addEventListener("change", (event) => {
  if (event.target.name === "preset") {
    choosePreset(event.target.value);
    return;
  }
  adapt();
  forgetPreset();
  if (mode() === "build") judge();
  else if (event.target.name === "mode") nothingYet();
});

form.addEventListener("input", (event) => {
  if (event.target.type !== "text" || mode() !== "build") return;
  forgetPreset();
  clearTimeout(timer);
  timer = setTimeout(judge, TYPING_MS);
});

byId("clear").addEventListener("click", () => {
  for (const field of byId("paste").querySelectorAll("input, textarea")) field.value = "";
  nothingYet();
  byId("token").focus();
});

// ---- the verdict ----

async function judge() {
  clearTimeout(timer);
  const mine = ++asked;
  byId("result").setAttribute("aria-busy", "true");
  let told;
  try {
    const answer = await fetch("/judge", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(fieldsOf()),
    });
    told = await answer.json();
  } catch {
    told = { problem: "The playground does not answer. Is it still running?", field: null };
  }
  if (mine !== asked) return; // something else was asked in the meantime
  byId("result").setAttribute("aria-busy", "false");
  showProblem(told.problem ?? "", told.field);
  if (told.problem === undefined) show(told);
  else nothing(`No verdict yet. ${told.problem}`);
}

/** Said beside the field that it is about, and below all of them if it is about none. */
function showProblem(text, field) {
  for (const wrong of form.querySelectorAll("[aria-invalid]")) {
    wrong.removeAttribute("aria-invalid");
    wrong.removeAttribute("aria-errormessage");
  }
  const control = field ? byId(field) : null;
  (control?.closest(".field") ?? byId("problem-place")).append(byId("problem"));
  byId("problem").textContent = text;
  if (control) {
    control.setAttribute("aria-invalid", "true");
    control.setAttribute("aria-errormessage", "problem");
    control.focus();
  }
}

function nothingYet() {
  asked++; // an answer on its way is for what is gone
  showProblem("", null);
  nothing("Paste a token and the settings of your app, then choose “Check it”.");
}

function nothing(text) {
  byId("verdict").className = "card verdict";
  byId("verdict").replaceChildren(make("p", { class: "waiting" }, text));
  for (const id of ["tokens", "rows", "count", "answers", "note"]) byId(id).replaceChildren();
  byId("result").hidden = byId("answers-section").hidden = true;
}

function show(told) {
  byId("result").hidden = byId("answers-section").hidden = false;
  showVerdict(told);
  showTokens(told.tokens);
  const deciding = told.checks.findIndex((check) => check.verdict === "failed");
  byId("rows").replaceChildren(...told.checks.flatMap((check, i) => rows(check, 0, i === deciding)));
  byId("count").textContent = counted(told.checks);
  byId("note").textContent = told.note ?? "";
  byId("answers").replaceChildren(...told.answers.map(answerCard));
}

function showVerdict(told) {
  const verdict = byId("verdict");
  verdict.className = `card verdict ${told.valid ? "accepted" : "refused"}`;
  const title = told.valid
    ? make("strong", {}, "Accepted")
    : make("strong", {}, "Refused: ", make("code", {}, told.reason ?? "an error"));
  verdict.replaceChildren(
    make("span", { class: "mark", "aria-hidden": "true" }, told.valid ? "✓" : "✕"),
    make(
      "div",
      {},
      make("p", { class: "headline" }, title),
      make("p", { class: "hint" }, told.valid ? "All checks passed." : told.hint ?? `The check ${told.check} failed.`),
    ),
  );
}

// ---- the token ----

function showTokens(tokens) {
  const nothing = make("p", { class: "says" }, "The request carries none.");
  byId("tokens").replaceChildren(...(tokens.length ? tokens.map(tokenBlock) : [nothing]));
}

function tokenBlock(token) {
  const text = make("pre", { class: "token", tabindex: "0", "aria-label": `The header ${token.name}` });
  text.append(make("span", { class: "faint" }, `${token.name}: ${token.before}`));
  token.parts.forEach((part, i) => {
    if (i) text.append(make("span", { class: "faint" }, "."));
    text.append(make("span", { class: part.name }, part.text));
  });
  text.append(make("span", { class: "faint" }, token.after));
  const opened = token.parts.filter((part) => part.name === "header" || part.name === "payload");
  return make(
    "div",
    { class: "token-block" },
    text,
    opened.length ? make("div", { class: "opened" }, ...opened.map(openedPart)) : unreadable(),
  );
}

function unreadable() {
  return make("p", { class: "says" }, "This has not the three parts of a signed token.");
}

function openedPart(part) {
  const body = part.json ?? "This part cannot be read: it is no JSON in base64url.";
  return make(
    "figure",
    { class: `part ${part.name}` },
    make("figcaption", {}, part.name),
    make("pre", { tabindex: "0", "aria-label": `The ${part.name}, decoded` }, body),
  );
}

// ---- the table ----

function counted(checks) {
  const number = (verdict) => checks.filter((check) => check.verdict === verdict).length;
  const told = Object.keys(WORDS).map((verdict) => [number(verdict), WORDS[verdict]]);
  return told.flatMap(([count, word]) => (count ? [`${count} ${word}`] : [])).join(", ") + ".";
}

function fold() {
  byId("checks").classList.toggle("folded", byId("fold").checked);
}

byId("fold").addEventListener("change", (event) => {
  event.stopPropagation(); // it changes nothing of the token
  fold();
});

function rows(check, depth, decides) {
  const badge = make(
    "span",
    { class: `badge ${check.verdict}` },
    make("span", { "aria-hidden": "true" }, `${MARKS[check.verdict]} `),
    WORDS[check.verdict],
  );
  const row = make(
    "tr",
    { role: "row", class: `check ${check.verdict}${decides ? " decides" : ""}` },
    make(
      "th",
      { scope: "row", role: "rowheader", class: `depth-${Math.min(depth, 3)}` },
      make("code", {}, check.name),
      decides ? make("span", { class: "tag" }, "decides") : null,
    ),
    make("td", { role: "cell", "data-label": "Result" }, badge),
    cell("Expected", check.expected),
    cell("Found", check.actual),
  );
  const all = [row];
  if (check.hint) {
    const hint = make("td", { role: "cell", colspan: "4" }, make("span", { class: "hint-label" }, "Hint"), ` ${check.hint}`);
    all.push(make("tr", { role: "row", class: `hint-row ${check.verdict}${decides ? " decides" : ""}` }, hint));
  }
  return all.concat((check.parts ?? []).flatMap((part) => rows(part, depth + 1, false)));
}

function cell(label, text) {
  const empty = text === null;
  return make("td", { role: "cell", "data-label": label, class: empty ? "empty" : null }, empty ? "" : text);
}

// ---- the answers ----

function answerCard(answer) {
  const title = make("h3", {}, answer.app);
  const curl = make("div", { class: "curl" }, make("pre", { tabindex: "0", "aria-label": `curl for ${answer.app}` }, answer.curl), copyButton(answer));
  if (answer.problem) {
    return make("article", { class: "card answer" }, title, make("p", { class: "says" }, answer.problem), curl);
  }
  const kind = answer.status < 400 ? "passed" : "failed";
  const status = make(
    "span",
    { class: `badge status ${kind}` },
    make("span", { "aria-hidden": "true" }, `${MARKS[kind]} `),
    `${answer.status} ${answer.phrase}`,
  );
  return make(
    "article",
    { class: "card answer" },
    make("div", { class: "title-row" }, title, status),
    answer.challenge ? header("WWW-Authenticate", answer.challenge) : null,
    answer.location ? header("Location", answer.location) : null,
    make("pre", { class: "body", tabindex: "0", "aria-label": `Body of ${answer.app}` }, answer.body || "(no body)"),
    curl,
  );
}

function header(name, value) {
  return make("p", { class: "challenge" }, make("span", { class: "faint" }, `${name}: `), value);
}

function copyButton(answer) {
  const button = make("button", { type: "button", "aria-label": `Copy curl’s command for ${answer.app}` }, "Copy");
  button.addEventListener("click", async () => {
    const done = await navigator.clipboard.writeText(answer.curl).then(() => true, () => false);
    byId("copied").textContent = done ? "Copied." : "The browser did not allow it.";
    button.textContent = done ? "Copied" : "Not allowed";
    setTimeout(() => (button.textContent = "Copy"), 2000);
  });
  return button;
}

async function start() {
  adapt();
  byId("fold").checked = matchMedia("(max-width: 44rem)").matches;
  fold();
  presets = await (await fetch("/presets")).json();
  showPresets();
  choosePreset("good");
}

start();
