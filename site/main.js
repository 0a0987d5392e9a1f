/**
 * The page: a JSON pane and an XML pane that follow each other, and what people do with them. It converts nothing.
 */

import { LANGUAGES, formatSize, isEmpty, readFile, recognizeLanguage, toBytes, write } from "./documents.js";
import { FileCard } from "./card.js";
import { Follow } from "./follow.js";
import { chooseMapping, readState, tellOption, watchOptions, writeCommand } from "./options.js";
import { EDITABLE, Pane } from "./pane.js";
import { announce, button, copyText, describe, element, findPlace, judge, saveFile } from "./report.js";
import { showProblem, showVerdict, waitingButton } from "./report.js";

const find = (selector, root = document) => root.querySelector(selector);
const panes = { json: new Pane("json", find("#json-pane")), xml: new Pane("xml", find("#xml-pane")) };
const both = Object.values(panes);
const follow = new Follow(panes, render);
const cards = both.map((pane) => new FileCard(pane, () => follow.mappingFrom(pane.language)));

/* Showing the state */

const BUSY = ["waiting", "converting", "checking"];
let told = {}; // so that nothing is told twice

function render() {
  const { phase, source, problem, verdict, past, future } = follow;
  for (const [at, pane] of both.entries()) {
    const { root, held, language } = pane;
    root.toggleAttribute("data-stale", follow.isStale(pane) && !isEmpty(held));
    pane.message.toggleAttribute("data-stale", BUSY.includes(phase));
    find(".about", root).textContent = [held.name, held.encoding].filter(Boolean).join(" · ");
    find(".facts", root).replaceChildren(...describe(pane, follow));
    find("[data-tool=undo]", root).hidden = !past.at(-1)?.panes.has(language);
    find("[data-tool=redo]", root).hidden = !future.at(-1)?.panes.has(language);
    cards[at].show(held.file);
  }
  if (!BUSY.includes(phase)) {
    if (problem !== told.problem || verdict !== told.verdict || phase === "idle") tellOutcome();
  } else if (source) panes[source].mark(undefined);
  showSign();
  find("#command").textContent = writeCommand(source ?? "json", follow.mapping, panes[source ?? "json"].held.name);
  document.body.toggleAttribute("data-begun", !both.every(({ held }) => isEmpty(held)));
}

function tellOutcome() {
  const { phase, source = "json", problem, verdict, result } = follow;
  const [pane, target] = [panes[source], panes[LANGUAGES[source].other]];
  const jump = (offset) => pane.jump(offset);
  const field = tellOption(problem?.parameter, problem?.detail);
  told = { problem, verdict };
  both.forEach((each) => each.say(""));
  pane.area.setAttribute("aria-invalid", String(Boolean(problem && !field)));
  if (problem) {
    const place = findPlace(pane, problem);
    pane.say("problem", ...showProblem(problem, place, jump, field ? [] : listWays(problem)));
    pane.mark(place);
    announce(`${problem.title}: ${problem.detail}`);
  } else if (phase === "done") {
    target.say(verdict.kind, ...showVerdict(verdict, jump));
    const made = `Converted to ${LANGUAGES[target.language].name}, ${formatSize(result.document.bytes.length)}`;
    announce(`${made}, by ${result.mapping}. ${judge(verdict).sentence}`);
  }
}

// Buttons for what can be done about a problem.
function listWays({ way, wait }) {
  const { source } = follow;
  const { other } = LANGUAGES[source];
  const [mapping, name] = source === "json" ? ["item", "Lossless (item)"] : ["natural", "Readable (natural)"];
  const ways = [];
  if (wait !== undefined) ways.push(waitingButton(wait, () => follow.now()));
  if (way === "move") ways.push(button(`Move it to the ${LANGUAGES[other].name} pane`, () => follow.move(source)));
  if (way === "large") ways.push(button("Convert it as a file", () => convertAsFile(panes[source])));
  if (way === "carry" && follow.mapping !== mapping) ways.push(button(`Convert by ${name}`, () => convertBy(mapping)));
  return ways;
}

function convertAsFile({ language, held }) {
  const name = held.name ?? `document.${language}`;
  follow.replace(language, { text: "", name, file: new File([toBytes(held)], name) });
}

function convertBy(mapping) {
  chooseMapping(mapping);
  follow.configured(true, false);
}

function showSign() {
  const { phase, source, verdict } = follow;
  const busy = BUSY.includes(phase);
  const sign = busy ? "…" : phase === "done" ? judge(verdict).sign : phase === "stuck" ? "!" : "";
  find(".gutter").dataset.sign = busy ? "busy" : phase === "done" ? verdict.kind : phase;
  find(".gutter .state").textContent = sign;
  const [from, to] = source === "xml" ? ["XML", "JSON"] : ["JSON", "XML"];
  find("#swap span").textContent = `Swap: convert ${to} to ${from}`;
  document.title = sign ? `${sign} ${from} to ${to} · Crosswalk` : "Crosswalk: JSON to XML and back";
}

/* What people do */

let asked; // the file or the example that was asked for last

// Take a file into the pane of its language, or else into the one it was meant for.
async function openFile(file, meant) {
  asked = file;
  const held = await readFile(file).catch(() => undefined);
  if (asked !== file) return;
  if (!held || !file.size) return tell(meant, `${file.name} ${held ? "is empty" : "could not be read"}.`);
  const suffix = held.file && /\.(json|xml)l?(\.gz)?$/i.exec(file.name)?.[1].toLowerCase();
  const language = recognizeLanguage(held.text) ?? suffix ?? meant.language;
  follow.replace(language, held);
  if (meant.language !== language) announce(`${file.name} is in the ${LANGUAGES[language].name} pane.`);
}

async function useExample({ example, by }) {
  find("#examples").open = false;
  asked = example;
  const answer = await fetch(new URL(`examples/${example}`, import.meta.url)).catch(() => undefined);
  const text = answer?.ok && (await answer.text());
  if (asked !== example) return;
  if (!text) return tell(panes.json, "The example could not be fetched.");
  const language = example.endsWith(".xml") ? "xml" : "json";
  follow.replace(language, { text });
  convertBy(by);
  panes[language].focus();
}

const tell = (pane, sentence) => pane.say("unchecked", element("p", {}, sentence)) ?? announce(sentence);

const TOOLS = {
  undo: () => follow.undo(),
  redo: () => follow.redo(),
  edit(pane) {
    if (pane.edit()) return;
    const why = `This is too long to edit here, where a text may have ${write(EDITABLE)} characters.`;
    tell(pane, `${why} Save it, edit it, and drop it here again.`);
  },
  open: ({ root }) => find("[type=file]", root).click(),
  async paste(pane) {
    const text = await navigator.clipboard?.readText().catch(() => undefined);
    if (text !== undefined) follow.replace(pane.language, { text });
    else announce("The browser does not let this page paste: use its own command.");
  },
  copy: (pane, tool) => copyText(pane.held.text, tool),
  save: ({ held, language }) => saveFile(new Blob([toBytes(held)]), held.name ?? `document.${language}`),
  clear: (pane) => follow.clear(pane.language),
};

// A paste that is large, or into what is only shown, takes the place of the document at once; a file is opened.
function paste(event, pane) {
  const file = event.clipboardData.files[0];
  const text = event.clipboardData.getData("text/plain");
  const { value, selectionStart, selectionEnd } = pane.area;
  const whole = pane.editing ? value.slice(0, selectionStart) + text + value.slice(selectionEnd) : text;
  if (!file && pane.editing && whole.length <= EDITABLE) return;
  event.preventDefault();
  if (file) openFile(file, pane);
  else if (text) follow.replace(pane.language, { text: whole, bytes: toBytes({ text: whole }) });
}

function watchText(pane) {
  const { scroll, language } = pane;
  let fresh = false; // whether all of the text area is about to be typed over, by another document
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
    event.clipboardData.setData("text/plain", pane.selection);
  });
  scroll.addEventListener("click", () => pane.editing || pane.selection || pane.edit());
}

function watchTools(pane) {
  for (const tool of pane.root.querySelectorAll("button[data-tool]")) {
    tool.addEventListener("click", async () => {
      await TOOLS[tool.dataset.tool](pane, tool);
      if (document.activeElement === document.body || !tool.offsetParent) pane.focus();
    });
  }
  find("[type=file]", pane.root).addEventListener("change", ({ target }) => {
    if (target.files[0]) openFile(target.files[0], pane);
    target.value = "";
  });
}

// Files may be dropped anywhere: a near miss would make the browser leave the page.
function watchDrops() {
  const paneBelow = ({ target }) => (panes.xml.root.contains(target) ? panes.xml : panes.json);
  const light = (pane) => both.forEach((each) => each.root.toggleAttribute("data-dropping", each === pane));
  document.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    light(paneBelow(event));
  });
  document.addEventListener("dragleave", (event) => event.relatedTarget || light());
  document.addEventListener("drop", (event) => {
    light();
    const file = event.dataTransfer.files[0];
    if (!file) return;
    event.preventDefault();
    openFile(file, paneBelow(event));
  });
}

// What a key does, or false for what the browser does with it.
function press({ key, ctrlKey, metaKey, altKey, shiftKey }) {
  const pane = both.find(({ scroll }) => scroll.contains(document.activeElement));
  const command = (letter) => (ctrlKey || metaKey) && key.toLowerCase() === letter;
  if (command("enter")) return pane && pane.language !== follow.source ? follow.swap() : follow.now();
  if (!pane) return false;
  if (command("z") && !pane.typed) return shiftKey ? follow.redo() : follow.undo();
  if (pane.editing) return false;
  if (command("a")) return pane.selectAll();
  if (key === "Enter" || key === "F2") return TOOLS.edit(pane);
  if (key.length === 1 && key !== " " && !ctrlKey && !metaKey && !altKey) TOOLS.edit(pane); // which takes the key
  return false;
}

function watchMenu(menu) {
  document.addEventListener("click", ({ target }) => menu.contains(target) || (menu.open = false));
  menu.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape") return;
    menu.open = false;
    find("summary", menu).focus();
  });
}

both.forEach((pane) => watchText(pane) || watchTools(pane));
watchDrops();
watchMenu(find("#examples"));
watchOptions((mapping, typing) => follow.configured(mapping, typing));
document.addEventListener("keydown", (event) => press(event) === false || event.preventDefault());
for (const one of document.querySelectorAll("[data-example]")) one.onclick = () => useExample(one.dataset);
find("#swap").addEventListener("click", () => follow.swap());
find("#copy-link").addEventListener("click", (event) => copyText(location.href, event.currentTarget));
find("#copy-command").addEventListener("click", (event) => copyText(find("#command").textContent, event.currentTarget));
readState(location.hash.slice(1));
render();
