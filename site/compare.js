/**
 * Compares what came back with what was sent, token by token, in a worker: this module runs on both sides.
 *
 * A token has a `key`, by which two documents are the same or not, and `forms`: what may be written in another way, or
 * stands before it and says nothing, such as white space. `start` is its place.
 *
 * A verdict is {kind: "same"}, {kind: "nearly", but: forms}, {kind: "different", before, after}, which are places with
 * three lines around them, or {kind: "unchecked", detail}.
 */

import { Lines } from "./documents.js";
import { scanJson, scanXml, splitTag } from "./highlight.js";

function* readJson(text) {
  let last = 0;
  for (const { start, end } of scanJson(text)) {
    const raw = text.slice(start, end);
    const key = raw.includes("\\") ? JSON.stringify(JSON.parse(raw)) : raw;
    yield { key, start, forms: { whitespace: text.slice(last, start), escapes: raw } };
    last = end;
  }
  yield { key: "end", start: text.length, forms: { whitespace: text.slice(last) } };
}

function* readXml(text) {
  let forms = {};
  let characters = { text: "", start: 0 };
  let opened = false;
  for (const token of scanXml(text)) {
    const raw = text.slice(token.start, token.end);
    if (token.kind === "text" || token.kind === "cdata") {
      if (!characters.text) characters.start = token.start;
      characters.text += readText(raw, token.kind, forms);
    } else if (token.kind !== "tag") {
      const kind = token.kind === "instruction" && /^<\?xml\s/.test(raw) ? "declaration" : token.kind;
      forms[kind] = (forms[kind] ?? "") + raw;
    } else {
      const closes = raw[1] === "/";
      const blank = !/[^ \t\r\n]/.test(characters.text);
      if (blank && !(opened && closes)) forms.whitespace = characters.text;
      else if (characters.text) {
        yield { key: `#${characters.text}`, start: characters.start, forms };
        forms = {};
      }
      if (!closes) yield readTag(text, token, forms);
      opened = !closes && !raw.endsWith("/>");
      const tags = closes ? raw.replace(/^<\/[^\s>]*/, "") : ">";
      if (!opened) yield { key: "</", start: token.start, forms: closes ? { ...forms, tags } : { tags } };
      forms = {};
      characters = { text: "", start: 0 };
    }
  }
  yield { key: "end", start: text.length, forms: { ...forms, whitespace: characters.text } };
}

// The characters that a text or CDATA section stands for.
function readText(raw, kind, forms) {
  const text = raw.replace(/\r\n?/g, "\n");
  if (text !== raw) forms.ends = "CR";
  if (kind === "text") return resolve(text, forms);
  forms.cdata = (forms.cdata ?? "") + raw;
  return text.slice(9, -3);
}

// An opening tag by its name and its attributes, whatever their order.
function readTag(text, token, forms) {
  const own = { ...forms, quotes: "", order: "", tags: "" };
  const attributes = [];
  let [tag, name, last] = ["", "", token.start];
  for (const { start, end, kind } of splitTag(text, token)) {
    const raw = text.slice(start, end);
    if (raw === "/>") own.empty = text.slice(last, end);
    else if (start > last) own.tags += `${text.slice(last, start)}|`;
    last = end;
    if (kind === "tag") tag ||= raw;
    else if (kind === "name") own.order += ` ${(name = raw)}`;
    else {
      own.quotes += raw[0];
      attributes.push(`${name}=${JSON.stringify(resolve(raw.slice(1, -1).replace(/\r\n|[\t\r\n]/g, " "), own))}`);
    }
  }
  return { key: [tag, ...attributes.sort()].join(" "), start: token.start, forms: own };
}

// The characters of a text with its references resolved.
const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
function resolve(text, forms) {
  if (!text.includes("&")) return text;
  return text.replace(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, (whole, decimal, hexadecimal, name) => {
    forms.references = (forms.references ?? "") + whole;
    if (name) return ENTITIES[name] ?? whole;
    return String.fromCodePoint(decimal ? Number(decimal) : parseInt(hexadecimal, 16));
  });
}

function judge(language, before, after) {
  const read = language === "json" ? readJson : readXml;
  const [ones, others] = [read(before), read(after)];
  const but = new Set();
  for (;;) {
    const [one, other] = [ones.next().value, others.next().value];
    if (!one || !other) return { kind: "nearly", but: [...but] };
    if (one.key !== other.key) {
      return { kind: "different", before: show(before, one.start), after: show(after, other.start) };
    }
    for (const form of Object.keys({ ...one.forms, ...other.forms })) {
      if ((one.forms[form] ?? "") !== (other.forms[form] ?? "")) but.add(form);
    }
  }
}

// The line of an offset, the one before and the one behind it, cut to what can be looked at.
const WIDTH = 160;
function show(text, offset) {
  const lines = new Lines(text);
  const line = lines.at(offset);
  const first = Math.max(0, Math.min(line - 1, lines.count - 3));
  const from = Math.max(0, offset - lines.starts[line] - WIDTH / 2);
  const shown = lines.starts.slice(first, first + 3).map((start, at) => {
    const line = text.slice(start + from, lines.end(first + at));
    return `${from ? "…" : ""}${line.slice(0, WIDTH)}${line.length > WIDTH ? "…" : ""}`;
  });
  return { offset, line: line + 1, first: first + 1, lines: shown };
}

export function compare(language, before, after, signal) {
  if (before === after) return Promise.resolve({ kind: "same" });
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("compare.js", import.meta.url), { type: "module" });
    const end = (settle, value) => worker.terminate() ?? settle(value);
    worker.onmessage = ({ data }) => end(resolve, data);
    worker.onerror = () => end(resolve, { kind: "unchecked", detail: "This browser could not compare them." });
    signal.addEventListener("abort", () => end(reject, signal.reason));
    worker.postMessage([language, before, after]);
  });
}

if (typeof document === "undefined") self.onmessage = ({ data }) => self.postMessage(judge(...data));
