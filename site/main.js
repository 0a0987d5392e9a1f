/**
 * The page: a JSON pane and an XML pane that follow each other, and what people do with them. It converts nothing itself.
 *
 */

import { LANGUAGES, formatSize, readFile, recognizeLanguage, toBytes } from "./documents.js";
import { FileCard, copyText, saveFile } from "./files.js";
import { Follow } from "./follow.js";
import { chooseMapping, chosenMapping, readState, tellOption, watchOptions, writeCommand } from "./options.js";
import { EDITABLE, Pane } from "./pane.js";
import { announce, button, describe, element, findPlace, judge, showProblem, showVerdict, waitingButton } from "./report.js";

const find = (selector) => document.querySelector(selector);

const panes = { json: new Pane("json", find("#json-pane")), xml: new Pane("xml", find("#xml-pane")) };
const follow = new Follow(panes, render);
const cards = Object.values(panes).map((pane) => new FileCard(pane, () => follow.mapping));

/* Showing the state */

// What is told at present, so that nothing is told twice.
let told = {};

function render() {
  const { phase, source, problem, verdict } = follow;
  const settled = !["waiting", "converting", "checking"].includes(phase);
  for (const [at, pane] of Object.values(panes).entries()) {
    const isTarget = pane.language !== source;
    pane.root.toggleAttribute("data-stale", isTarget && !pane.own && ["waiting", "converting", "stuck"].includes(phase));
    find(`#${pane.root.id} .about`).textContent = [pane.held.name, pane.held.encoding].filter(Boolean).join(" · ");
    find(`#${pane.root.id} .facts`).replaceChildren(...describe(pane, follow));
    pane.message.toggleAttribute("data-stale", !settled);
    find(`#${pane.root.id} [data-tool=undo]`).hidden = !follow.past.at(-1)?.panes.has(pane.language);
    find(`#${pane.root.id} [data-tool=redo]`).hidden = !follow.future.at(-1)?.panes.has(pane.language);
    cards[at].show(pane.held.file);
  }
  if (!settled && source) panes[source].mark(undefined);
  if (settled && (problem !== told.problem || verdict !== told.verdict || phase === "idle")) tellOutcome();
  showSign();
  find("#command").textContent = writeCommand(source ?? "json", follow.mapping, panes[source ?? "json"].held.name);
  document.body.toggleAttribute("data-begun", phase !== "idle");
}

function tellOutcome() {
  const { phase, source = "json", problem, verdict, result } = follow;
  const [pane, target] = [panes[source], panes[LANGUAGES[source].other]];
  told = { problem, verdict };
  const field = tellOption(problem?.parameter, problem?.detail);
  pane.say("");
  target.say("");
  if (problem) {
    const place = findPlace(pane, problem);
    pane.say("problem", ...showProblem(problem, place, (offset) => pane.jump(offset), field ? [] : listWays(problem)));
    if (place !== undefined) pane.mark(place);
    announce(`${problem.title}: ${problem.detail}`);
  } else if (phase === "done" && verdict && result) {
    target.say(verdict.kind, ...showVerdict(verdict, (offset) => pane.jump(offset)));
    const size = formatSize(result.document.bytes?.length ?? 0);
    announce(`Converted to ${LANGUAGES[target.language].name}, ${size}, by ${result.mapping}. ${judge(verdict).sentence}`);
  }
  pane.area.setAttribute("aria-invalid", String(Boolean(problem && !field)));
}

// Buttons for what can be done about a problem.
function listWays({ way, wait }) {
  const source = follow.source;
  const { other } = LANGUAGES[source];
  const ways = [];
  if (wait !== undefined) ways.push(waitingButton(wait, () => follow.now()));
  if (way === "move") ways.push(button(`Move it to the ${LANGUAGES[other].name} pane`, () => follow.move(source)));
  if (way === "large") ways.push(button("Convert it as a file", () => convertAsFile(source)));
  const [mapping, name] = source === "json" ? ["item", "Lossless (item)"] : ["natural", "Readable (natural)"];
  if (way === "natural" && follow.mapping !== mapping) {
    ways.push(button(`Convert by ${name}`, () => {
      chooseMapping(mapping);
      follow.configured(true, false);
    }));
  }
  return ways;
}

function convertAsFile(language) {
  const { held } = panes[language];
  const { type } = LANGUAGES[language];
  const name = held.name ?? `document.${language}`;
  follow.replace(language, { text: "", name, file: new File([toBytes(held)], name, { type }) });
}

function showSign() {
  const { phase, source, verdict } = follow;
  const gutter = find(".gutter");
  const busy = ["waiting", "converting", "checking"].includes(phase);
  const done = phase === "done" && verdict ? verdict.kind : phase;
  gutter.dataset.sign = busy ? "busy" : done;
  gutter.dataset.source = source ?? "";
  const sign = phase === "done" && verdict ? judge(verdict).sign : phase === "stuck" ? "!" : busy ? "…" : "";
  find(".gutter .state").textContent = sign;
  const way = source ? `${LANGUAGES[source].name} to ${LANGUAGES[LANGUAGES[source].other].name}` : "JSON to XML and back";
  document.title = sign ? `${sign} ${way} · Crosswalk` : `Crosswalk: ${way}`;
  const [from, to] = source === "json" ? ["XML", "JSON"] : ["JSON", "XML"];
  find("#swap span").textContent = `Swap: convert ${from} to ${to}`;
}

/* What people do */

// Take a file into the pane of its language, or else into the one it was meant for.
async function openFile(file, meant) {
  const held = await readFile(file);
  const suffix = /\.(json|xml)$/i.exec(file.name)?.[1].toLowerCase();
  const language = recognizeLanguage(held.text) ?? (held.file && suffix) ?? meant.language;
  follow.replace(language, held);
  if (meant.language !== language) announce(`${file.name} is in the ${LANGUAGES[language].name} pane.`);
}

async function useExample(chosen) {
  const name = String(chosen.dataset.example);
  const answer = await fetch(new URL(`examples/${name}`, import.meta.url));
  if (!answer.ok) return;
  const text = await answer.text();
  const language = name.endsWith(".xml") ? "xml" : "json";
  follow.replace(language, { text });
  chooseMapping(String(chosen.dataset.by));
  follow.now();
  panes[language].focus();
}

const TOOLS = {
  undo: () => follow.undo(),
  redo: () => follow.redo(),
  edit(pane) {
    if (pane.edit()) return;
    const why = `This is too long to edit here, where a text may have ${EDITABLE.toLocaleString("en")} characters. Save it, edit it, and drop it here again.`;
    pane.say("unchecked", element("p", {}, why));
    announce(why);
  },
  open: (pane) => find(`#${pane.root.id} [type=file]`).click(),
  async paste(pane) {
    try {
      follow.replace(pane.language, { text: await navigator.clipboard.readText() });
    } catch {
      announce("The browser does not let this page paste: use its own command.");
    }
    pane.focus();
  },
  copy: (pane, tool) => copyText(pane.held.text, tool),
  save({ held, language }) {
    saveFile(new Blob([toBytes(held)], { type: LANGUAGES[language].type }), held.name ?? `document.${language}`);
  },
  clear: (pane) => follow.clear(pane.language),
};

// A paste that is large, or into what is only shown, takes the place of the document at once; a pasted file is
// opened.
function paste(event, pane) {
  const file = event.clipboardData?.files[0];
  const text = event.clipboardData?.getData("text/plain") ?? "";
  const { value, selectionStart, selectionEnd } = pane.area;
  const whole = pane.editing ? value.slice(0, selectionStart) + text + value.slice(selectionEnd) : text;
  if (!file && pane.editing && whole.length <= EDITABLE) return;
  event.preventDefault();
  if (file) openFile(file, pane);
  else if (text) follow.replace(pane.language, { text: whole });
}

// Whether all of a text area is about to be typed over: it will be another document.
let fresh = false;

function watchText(pane) {
  const { scroll, language } = pane;
  scroll.addEventListener("beforeinput", () => {
    const { selectionStart, selectionEnd, value } = pane.area;
    fresh = selectionStart === 0 && selectionEnd === value.length;
    follow.prepare(language);
  });
  scroll.addEventListener("input", () => {
    pane.readArea();
    follow.edited(language, fresh);
  });
  scroll.addEventListener("paste", (event) => paste(event, pane));
  scroll.addEventListener("copy", (event) => {
    if (pane.editing || !pane.selection) return;
    event.preventDefault();
    event.clipboardData?.setData("text/plain", pane.selection);
  });
  scroll.addEventListener("click", () => {
    if (!pane.editing && !pane.selection) pane.edit();
  });
}

function watchTools(pane) {
  for (const tool of pane.root.querySelectorAll("button[data-tool]")) {
    tool.addEventListener("click", async () => {
      await TOOLS[tool.getAttribute("data-tool") ?? ""](pane, tool);
      if (document.activeElement === tool && !tool.checkVisibility?.()) pane.focus();
      if (document.activeElement === document.body) pane.focus();
    });
  }
  const chooser = find(`#${pane.root.id} [type=file]`);
  chooser.addEventListener("change", () => {
    if (chooser.files?.[0]) openFile(chooser.files[0], pane);
    chooser.value = "";
  });
}

// Files may be dropped anywhere: a near miss would make the browser leave the page.
function watchDrops() {
  const paneBelow = ({ target }) => (panes.xml.root.contains(target) ? panes.xml : panes.json);
  const light = (pane) => {
    for (const each of Object.values(panes)) each.root.toggleAttribute("data-dropping", each === pane);
  };
  document.addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    light(paneBelow(event));
  });
  document.addEventListener("dragleave", (event) => event.relatedTarget || light(undefined));
  document.addEventListener("drop", (event) => {
    light(undefined);
    const file = event.dataTransfer?.files[0];
    if (!file) return;
    event.preventDefault();
    openFile(file, paneBelow(event));
  });
}

function pressKey(event) {
  const pane = Object.values(panes).find(({ scroll }) => scroll.contains(document.activeElement));
  const command = event.ctrlKey || event.metaKey;
  const key = event.key.toLowerCase();
  const act = () => {
    if (command && key === "enter") return pane && pane.language !== follow.source ? follow.swap() : follow.now();
    if (!pane) return false;
    if (command && key === "z" && !pane.typed) return event.shiftKey ? follow.redo() : follow.undo();
    if (pane.editing) return false;
    if (command && key === "a") return pane.selectAll();
    const types = key === "enter" || key === "f2" || (key.length === 1 && key !== " " && !command && !event.altKey);
    if (types && pane.edit() && key.length === 1) return false; // the key itself goes to the text area
    return types ? undefined : false;
  };
  if (act() !== false) event.preventDefault();
}

function watchMenu(menu) {
  document.addEventListener("click", ({ target }) => {
    if (!menu.contains(target)) menu.open = false;
  });
  menu.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape") return;
    menu.open = false;
    menu.querySelector("summary")?.focus();
  });
}

Object.values(panes).forEach(watchText);
Object.values(panes).forEach(watchTools);
watchDrops();
watchMenu(find("#examples"));
watchOptions((mapping, typing) => {
  follow.configured(mapping, typing);
  render();
});
document.addEventListener("keydown", pressKey);
for (const chosen of document.querySelectorAll("[data-example]")) {
  chosen.addEventListener("click", () => {
    find("#examples").open = false;
    useExample(chosen);
  });
}
find("#swap").addEventListener("click", () => follow.swap());
find("#copy-link").addEventListener("click", ({ currentTarget }) => copyText(location.href, currentTarget));
find("#copy-command").addEventListener("click", ({ currentTarget }) => {
  copyText(find("#command").textContent ?? "", currentTarget);
});
readState(location.hash.slice(1));
render();
