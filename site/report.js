/**
 * What the page says: of each document, of what came of it, and of what went wrong.
 */

import { formatSize, locatePointer, plural, write } from "./documents.js";

// What each word of the Crosswalk-Loss header says.
const LOSSES = {
  order: "the order among elements, attributes and text", whitespace: "white space around text", comments: "comments",
  "processing-instructions": "processing instructions", prefixes: "namespace prefixes",
  types: "which values are numbers, true, false, null or empty", lists: "lists of one and lists within lists",
  root: "where the root came from", "empty-lists": "empty lists", "empty-text": "empty text",
  "empty-attributes": "empty attribute objects", "adjacent-texts": "where one text ended and the next began",
  characters: "characters that XML cannot carry", duplicates: "what a second member of one name means",
};

// What each form that a document may be written in is called.
const FORMS = {
  declaration: "the XML declaration", doctype: "the DOCTYPE", comment: "comments",
  instruction: "processing instructions", whitespace: "white space", escapes: "escapes in strings",
  order: "the order of attributes", quotes: "quotes", cdata: "CDATA marks", references: "character references",
  ends: "line ends", tags: "white space in tags", empty: "how empty elements are written",
};

const join = (words) => [words.slice(0, -1).join(", "), ...words.slice(-1)].filter(Boolean).join(" and ");
export const nameLosses = (words) => join(words.map((word) => (Object.hasOwn(LOSSES, word) ? LOSSES[word] : word)));

export function element(name, properties, ...content) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...content);
  return made;
}

export const button = (label, onclick) => element("button", { type: "button", onclick }, label);

// Say something to those who listen to the page.
export function announce(sentence) {
  const status = document.querySelector("#announcement");
  if (status.textContent !== sentence) status.textContent = sentence;
}

export function saveFile(blob, name) {
  const url = URL.createObjectURL(blob);
  element("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

// Copy a text, and say so on the button that did.
export async function copyText(text, told) {
  const copied = await navigator.clipboard?.writeText(text).then(() => true, () => false);
  announce(copied ? "Copied." : "The browser does not let this page copy: select the text, or save it.");
  if (told.dataset.done) return; // it still says so
  const label = [...told.childNodes];
  told.dataset.done = Boolean(copied);
  told.replaceChildren(copied ? "Copied" : "Not allowed");
  setTimeout(() => {
    told.replaceChildren(...label);
    delete told.dataset.done;
  }, 2000);
}

// The one line on a document: how large it is and, of a result, where it comes from and what it lacks.
export function describe({ held, own, lines }, { result }) {
  if (!held.text) return [];
  const facts = [formatSize(held.bytes?.length ?? new Blob([held.text]).size), plural(lines.count, "line")];
  if (own || held !== result?.document) return [facts.join(" · ")];
  facts.push(`by ${result.mapping}`, `${write(result.milliseconds)} ms`);
  const loss = `leaves out ${nameLosses(result.losses)}`;
  return [facts.join(" · "), ...(result.losses.length ? [" · ", element("span", { className: "loss" }, loss)] : [])];
}

const SIGNS = { same: "=", nearly: "≈", different: "≠", unchecked: "–" };

// What came back, in a sign and a sentence.
export function judge(verdict) {
  const sign = SIGNS[verdict.kind];
  if (verdict.kind === "unchecked") return { sign, sentence: verdict.detail };
  if (verdict.kind === "same") return { sign, sentence: "It comes back the same, character for character." };
  if (verdict.kind === "different") return { sign, sentence: "It comes back different." };
  const but = join(Object.keys(FORMS).filter((form) => verdict.but.includes(form)).map((form) => FORMS[form]));
  return { sign, sentence: `It comes back the same but for ${but || "how it is written"}.` };
}

// The sentence on what came back and, of a difference, three lines of each.
export function showVerdict(verdict, jump) {
  const { sign, sentence } = judge(verdict);
  const line = element("p", {}, element("b", { className: "sign", ariaHidden: "true" }, sign), ` ${sentence}`);
  if (verdict.kind !== "different") return [line];
  const { before, after } = verdict;
  line.append(" ", button(`Go to line ${write(before.line)}`, () => jump(before.offset)));
  return [line, showPlace("What you have", before), showPlace("What came back", after)];
}

function showPlace(title, { line, first, lines }) {
  const list = element("ol", { start: first });
  for (const [at, text] of lines.entries()) {
    const shown = element("code", {}, text.replace(/^ +| +$/g, (blanks) => "·".repeat(blanks.length)) || " ");
    list.append(element("li", { className: first + at === line ? "here" : "" }, shown));
  }
  return element("figure", {}, element("figcaption", {}, title), list);
}

// The offset of a problem in the document, if it has one.
export function findPlace({ lines, held }, { line, column, pointer }) {
  if (line && column) return lines.locate(line, column);
  return pointer === undefined ? undefined : locatePointer(held.text, pointer);
}

// The line of a problem in words, if it has one.
const nameLine = ({ line, column }) => line && column && `line ${write(line)}, column ${write(column)}`;

// Why there is no result, and where, in one sentence.
export function writeProblem(problem) {
  const { title, detail, pointer, path } = problem;
  const places = [nameLine(problem), pointer && `pointer ${pointer}`, path && `path ${path}`].filter(Boolean);
  return `${title}: ${detail.replace(/\.$/, "")}${places.length ? ` (${places.join(", ")})` : ""}.`;
}

// Why there is no result, where, and what can be done about it.
export function showProblem(problem, place, jump, ways) {
  const { title, detail, pointer, path, code, request } = problem;
  const facts = element("p", { className: "more" });
  const at = place === undefined ? "" : nameLine(problem)?.replace("line", "Line") || pointer || "The whole document";
  if (at) facts.append(button(at, () => jump(place)));
  facts.append(...ways);
  for (const [word, value] of Object.entries({ pointer, path, code, request })) {
    if (value && value !== at) facts.append(element("span", {}, `${word} `, element("code", {}, value)));
  }
  return [element("p", {}, element("strong", {}, `${title}:`), ` ${detail.replace(/[^.]$/, "$&.")}`), facts];
}

// A button that counts the seconds down until it can be used.
export function waitingButton(seconds, act) {
  const made = button("", () => made.ariaDisabled === "true" || act());
  const tick = (left) => {
    made.ariaDisabled = String(left > 0);
    made.textContent = left > 0 ? `Try again in ${plural(left, "second")}` : "Try again";
    if (left > 0) setTimeout(tick, 1000, left - 1);
  };
  tick(seconds);
  return made;
}
