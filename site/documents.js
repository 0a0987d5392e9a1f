/**
 * Documents: their bytes and text, their lines, and places in them.
 *
 * What a pane holds is {text, bytes, name, encoding, file}. `bytes` are a file's own or the service's answer, and go
 * out as they are; what was typed has none, and goes out as UTF-8. `file` is one in gzip or above LIMIT, never shown.
 */

import { scanJson } from "./highlight.js";

export const LIMIT = 4 * 1024 * 1024;

export const LANGUAGES = {
  json: { name: "JSON", other: "xml", route: "json2xml", type: "application/json" },
  xml: { name: "XML", other: "json", route: "xml2json", type: "application/xml" },
};

export const EMPTY = Object.freeze({ text: "" });
export const isEmpty = ({ text, bytes, file }) => !text && !bytes?.length && !file;
export const toBytes = ({ text, bytes }) => bytes ?? new TextEncoder().encode(declareUtf8(text));

// Text that was typed goes out as UTF-8, whatever encoding it declares. Blanks keep the columns where they were.
function declareUtf8(text) {
  return text.replace(/^(\uFEFF?<\?xml(?=\s)[^>]*?\sencoding\s*=\s*)(["'])([\w.-]+)\2/, (whole, start, quote, name) =>
    name.toUpperCase() === "UTF-8" ? whole : `${start}${quote}UTF-8${quote}${" ".repeat(Math.max(0, name.length - 5))}`,
  );
}

// A file as a document; one above LIMIT, or in gzip, which /conversions unpacks, as the file that it is.
export async function readFile(file) {
  const encoding = recognizeEncoding(new Uint8Array(await file.slice(0, 200).arrayBuffer()));
  if (file.size > LIMIT || encoding === "gzip") return { text: "", name: file.name, file };
  const held = await readStream(file.stream(), encoding);
  return { ...held, name: file.name, encoding: encoding === "UTF-8" ? "" : encoding };
}

// The bytes of a stream and their text, decoded as they come: all at once would take too long.
export async function readStream(stream, encoding) {
  const [chunks, texts, reader, decoder] = [[], [], stream.getReader(), createDecoder(encoding)];
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    chunks.push(next.value);
    texts.push(decoder.decode(next.value, { stream: true }));
  }
  const read = { bytes: new Uint8Array(await new Blob(chunks).arrayBuffer()), text: texts.join("") + decoder.decode() };
  await new Promise((resolve) => setTimeout(resolve)); // so that what follows is another task
  return read;
}

// For showing a text; the service decodes the bytes itself, and more strictly.
function createDecoder(encoding) {
  // Browsers read ISO-8859-1 as windows-1252. Each of its bytes is a code point, and so, widened, one of UTF-16.
  if (/^(ISO[-_]?8859-1|LATIN-?1|L1)$/.test(encoding)) {
    return { decode: (bytes = []) => new TextDecoder("UTF-16LE").decode(new Uint16Array(bytes)) };
  }
  try {
    return new TextDecoder(encoding);
  } catch {
    return new TextDecoder();
  }
}

function recognizeEncoding(head) {
  const [first, second] = head;
  if (first === 0x1f && second === 0x8b) return "gzip";
  if ((first === 0xff && second === 0xfe) || (first === 0x3c && second === 0)) return "UTF-16LE";
  if ((first === 0xfe && second === 0xff) || (first === 0 && second === 0x3c)) return "UTF-16BE";
  const declaration = /^<\?xml(?=\s)[^>]*?\sencoding\s*=\s*["']([\w.-]+)/.exec(String.fromCharCode(...head));
  const declared = declaration?.[1].toUpperCase() ?? "UTF-8";
  return declared.startsWith("UTF-16") ? "UTF-8" : declared; // what was just read is not UTF-16
}

// The language that a text is in, if its first character tells.
export function recognizeLanguage(text) {
  const start = /\S/.exec(text.slice(0, 1000))?.[0];
  return start === "<" ? "xml" : start && "[{\"".includes(start) ? "json" : undefined;
}

// The lines of a text. LF, CRLF and CR each end one, as they do for the service.
export class Lines {
  constructor(text) {
    this.text = text;
    this.starts = [0];
    this.longest = 0;
    let [feed, carriage] = [text.indexOf("\n"), text.indexOf("\r")];
    while (feed >= 0 || carriage >= 0) {
      const first = carriage < 0 || (feed >= 0 && feed < carriage) ? feed : carriage;
      const next = first === carriage && feed === carriage + 1 ? feed + 1 : first + 1;
      this.longest = Math.max(this.longest, first - this.starts[this.count - 1]);
      this.starts.push(next);
      if (feed >= 0 && feed < next) feed = text.indexOf("\n", next);
      if (carriage >= 0 && carriage < next) carriage = text.indexOf("\r", next);
    }
    this.longest = Math.max(this.longest, text.length - this.starts[this.count - 1]);
  }

  get count() { return this.starts.length; }

  // Where a line ends, before what ends it.
  end(line) {
    const next = this.starts[line + 1];
    if (next === undefined) return this.text.length;
    return this.text[next - 1] === "\n" && this.text[next - 2] === "\r" ? next - 2 : next - 1;
  }

  // The line, counted from 0, that an offset is in.
  at(offset) {
    let [low, high] = [0, this.count - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.starts[middle] <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  // The offset of a place as the service tells it: counted from 1, columns in characters.
  locate(line, column) {
    const index = Math.min(line, this.count) - 1;
    let [offset, end] = [this.starts[index], this.end(index)];
    for (let at = 1; at < column && offset < end; at++) offset += this.text.codePointAt(offset) > 0xffff ? 2 : 1;
    return offset;
  }
}

// Where a JSON pointer (RFC 6901) leads. Of duplicates it is the last, the one that a mapping stumbles over.
export function locatePointer(text, pointer) {
  const wanted = pointer.split("/").slice(1).map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  const around = []; // the lists and objects that a token is in, and at which place of each
  let agreed = 0; // in so many of them, from the outermost on, it is at the wanted place
  let found;
  const moveTo = (at) => {
    const level = around.length - 1;
    around[level].at = at;
    if (agreed >= level) agreed = String(at) === wanted[level] ? level + 1 : level;
  };
  for (const { start, end, kind } of scanJson(text)) {
    const [first, inner] = [text[start], around.at(-1)];
    const isName = kind === "name" && inner && !inner.list;
    if (isName) moveTo(JSON.parse(text.slice(start, end)));
    const begins = isName || !inner || (inner.list && first !== "," && first !== "]");
    if (begins && agreed === wanted.length && agreed === around.length) found = start;
    if (first === "{" || first === "[") around.push({ list: first === "[" });
    if (first === "[") moveTo(0);
    else if (first === "," && inner?.list) moveTo(inner.at + 1);
    else if (first === "}" || first === "]") {
      around.pop();
      agreed = Math.min(agreed, around.length);
    }
  }
  return found;
}

export function formatSize(bytes) {
  if (bytes < 1000) return plural(bytes, "byte");
  const power = Math.min(3, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1000 ** power).toFixed(1)} ${["", "KB", "MB", "GB"][power]}`;
}

export const write = (number) => number.toLocaleString("en");
export const plural = (number, noun) => `${write(number)} ${noun}${number === 1 ? "" : "s"}`;

// The name of a result, which is never in gzip. JSON Lines have one in any case: they are not one JSON document.
export function rename(name, language, query) {
  const suffix = language === "json" && query.has("lines") ? "jsonl" : language;
  const source = name ?? (suffix === "jsonl" ? "document" : undefined);
  return source && `${source.replace(/\.[^.]*(\.gz)?$/i, "")}.${suffix}`;
}
