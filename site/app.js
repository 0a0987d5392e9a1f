// @ts-check
/**
 * The page: a JSON pane, an XML pane, and the service between them.
 *
 * Glossary
 *   language   "json" or "xml": of a pane, and of the document in it
 *   document   what a pane holds. Its `bytes` are a file's own or the service's answer and go out as they are; what was
 *              typed or pasted has none, and goes out as UTF-8
 *   excerpt    the part that is shown of a document too long for a text area; the whole is converted, copied and saved
 *   conversion what the service made of a document, and what it said about that
 *   refusal    why there is no conversion, in the words of the service's problem document where there is one
 *
 * @typedef {"json" | "xml"} Language
 * @typedef {{text: string, bytes?: Uint8Array<ArrayBuffer>, name?: string, encoding?: string}} Held
 * @typedef {{document: Held, mapping: string, losses: string[], milliseconds: number}} Conversion
 * @typedef {{title: string, detail: string, line?: number, column?: number, pointer?: string, path?: string,
 *            code?: string, parameter?: string, request?: string}} Problem
 */

/** Bytes of a document, in or out. The service says so too, but beyond some 10 MB its gateway would only hang up. */
const LIMIT = 4 * 1024 * 1024;

/** Characters, and lines, that a text area still edits and wraps without delay. */
const EXCERPT = 100_000;
const EXCERPT_LINES = 5_000;

/** @type {Record<Language, {name: string, other: Language, route: string, type: string}>} */
const LANGUAGES = {
  json: { name: "JSON", other: "xml", route: "json2xml", type: "application/json" },
  xml: { name: "XML", other: "json", route: "xml2json", type: "application/xml" },
};

/** What each word of the Crosswalk-Loss header says. */
const LOSSES = {
  order: "the order among elements, attributes and text",
  whitespace: "white space around text",
  comments: "comments",
  "processing-instructions": "processing instructions",
  prefixes: "namespace prefixes",
  types: "which values are numbers, true, false, null or empty",
  root: "where the root element came from",
  lists: "lists of one and lists within lists",
  "empty-lists": "empty lists",
  "empty-text": "empty text",
};

/** @type {Record<Language, string>} What may differ between two texts of the same document. */
const WRITING = {
  json: "Only white space and escapes are written",
  xml: "Only quotes, entities and white space within tags are written",
};

/** @type {Record<Language, string>} */
const EXAMPLES = {
  json: String.raw`{
  "what": "that other converters lose",
  "too large for a float": 1e400,
  "not the same as 1": 1.0,
  "forty digits": 1234567890123456789012345678901234567890,
  "minus zero": -0,
  "duplicate": "first",
  "duplicate": "second",
  "a null character": "\u0000",
  "half of a pair": "\ud83d",
  "line ends": "\r\n",
  "": [[], {}, "", null, false, 0]
}
`,
  xml: `<?xml version="1.0" encoding="UTF-8"?>
<book id="b42" xmlns:dc="http://purl.org/dc/elements/1.1/">
  <!-- natural names what it drops; jsonml keeps the mixed content -->
  <dc:title>How to cross <em>safely</em> in both directions</dc:title>
  <dc:creator>Zoë Bára</dc:creator>
  <dc:creator>R&amp;D Ōta</dc:creator>
  <price currency="EUR">10.00</price>
  <pages>007</pages>
</book>
`,
};

/* Documents */

/** @param {Held} held */
function toBytes({ text, bytes }) {
  return bytes ?? new TextEncoder().encode(declareUtf8(text));
}

/**
 * Text that was typed or pasted goes out as UTF-8, whatever encoding it declares for the file it came from. Blanks keep
 * the columns where they were.
 * @param {string} text
 */
function declareUtf8(text) {
  return text.replace(/^(\uFEFF?<\?xml[^>]*?\sencoding\s*=\s*)(["'])([\w.-]+)\2/, (whole, start, quote, name) =>
    name.toUpperCase() === "UTF-8" ? whole : `${start}${quote}UTF-8${quote}${" ".repeat(Math.max(0, name.length - 5))}`,
  );
}

/**
 * The text of a file for showing it; the service decodes the bytes itself, and more strictly.
 * @param {Uint8Array<ArrayBuffer>} bytes
 */
function decode(bytes) {
  const encoding = recognizeEncoding(bytes);
  try {
    return { text: new TextDecoder(encoding).decode(bytes), encoding: encoding.toUpperCase() };
  } catch {
    return { text: new TextDecoder().decode(bytes), encoding: `${encoding}, shown as UTF-8` };
  }
}

/** @param {Uint8Array} bytes */
function recognizeEncoding(bytes) {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0x3c && second === 0)) return "utf-16le";
  if ((first === 0xfe && second === 0xff) || (first === 0 && second === 0x3c)) return "utf-16be";
  const head = String.fromCharCode(...bytes.subarray(0, 200));
  const declared = /^<\?xml[^>]*?\sencoding\s*=\s*["']([\w.-]+)/.exec(head)?.[1] ?? "utf-8";
  return /^utf-16/i.test(declared) ? "utf-8" : declared; // what was just read is not UTF-16
}

/**
 * @param {File} file
 * @returns {Promise<Held>}
 */
async function readFile(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  return { ...decode(bytes), bytes, name: file.name };
}

/**
 * The language a text is in: XML begins with "<", and no JSON does.
 * @param {string} text
 * @returns {Language | undefined}
 */
function recognizeLanguage(text) {
  const start = /\S/.exec(text.slice(0, 1000))?.[0];
  return start === undefined ? undefined : start === "<" ? "xml" : "json";
}

const LINE_ENDS = /\r\n|\r|\n/g;

/**
 * The character at a line and column: where it begins and ends, in UTF-16 units. The service counts characters, and LF,
 * CRLF and CR each as one line end.
 * @param {string} text @param {number} line @param {number} column
 */
function locate(text, line, column) {
  let start = passLines(text, 0, line - 1);
  for (let at = 1; at < column && start < text.length; at++) start += measure(text, start);
  return { start, end: start + measure(text, start) };
}

/** @param {string} text @param {number} offset */
const measure = (text, offset) => ((text.codePointAt(offset) ?? 0) > 0xffff ? 2 : 1);

/** @param {string} text */
const countLines = (text) => text.match(LINE_ENDS)?.length ?? 0;

/**
 * The offset so many lines further on, or the text's end.
 * @param {string} text @param {number} start @param {number} lines
 */
function passLines(text, start, lines) {
  const ends = new RegExp(LINE_ENDS);
  ends.lastIndex = start;
  for (let passed = 0; passed < lines; passed++) if (!ends.exec(text)) return text.length;
  return ends.lastIndex;
}

/**
 * Where an excerpt ends that begins at an offset.
 * @param {string} text @param {number} start
 */
const endExcerpt = (text, start) => Math.min(start + EXCERPT, passLines(text, start, EXCERPT_LINES));

/**
 * The member or value that a JSON pointer (RFC 6901) names: where it begins and ends. Of duplicates it is the last, the
 * one that a mapping stumbles over.
 * @param {string} text @param {string | undefined} pointer
 */
function locatePointer(text, pointer) {
  if (pointer === undefined) return undefined;
  const wanted = pointer.split("/").slice(1).map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  /** @type {{list: boolean, at?: string | number}[]} The objects and lists around a token, and where in them it is. */
  const around = [];
  const isWanted = () =>
    around.length === wanted.length && around.every(({ at }, depth) => String(at) === wanted[depth]);
  let found;
  for (const [start, end] of scanJson(text)) {
    const [first, inner] = [text[start], around.at(-1)];
    const isName = first === '"' && inner && !inner.list && inner.at === undefined;
    if (isName) inner.at = JSON.parse(text.slice(start, end));
    const begins = isName || !inner || (inner.list && first !== "," && first !== "]");
    if (begins && isWanted()) found = { start, end };
    if (first === "{" || first === "[") around.push({ list: first === "[", at: first === "[" ? 0 : undefined });
    else if (first === "}" || first === "]") around.pop();
    else if (first === "," && inner) inner.at = inner.list ? Number(inner.at) + 1 : undefined;
  }
  return found;
}

/** @param {number} bytes */
function formatSize(bytes) {
  if (bytes < 1024) return plural(bytes, "byte");
  return bytes < 1024 * 1024 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / 1024 / 1024).toFixed(2)} MiB`;
}

/** @param {number} number @param {string} noun */
function plural(number, noun) {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

/* The service */

class Refusal extends Error {
  /** @param {Problem} problem */
  constructor(problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

/**
 * Send a document through the service.
 * @param {Language} language @param {Held} held @param {URLSearchParams} query @param {AbortSignal} signal
 * @returns {Promise<Conversion>}
 */
async function convert(language, held, query, signal) {
  const { route, type, other } = LANGUAGES[language];
  const body = toBytes(held);
  if (body.length > LIMIT) throw new Refusal(describeLarge(body.length));
  const started = performance.now();
  const { response, bytes } = await request(`${route}${query.size ? `?${query}` : ""}`, body, type, signal);
  if (!response.ok) throw new Refusal(readProblem(response, new TextDecoder().decode(bytes)));
  return {
    document: { text: new TextDecoder().decode(bytes), bytes, name: rename(held.name, other) },
    mapping: response.headers.get("Crosswalk-Mapping") ?? "",
    losses: response.headers.get("Crosswalk-Loss")?.split(/\s*,\s*/) ?? [],
    milliseconds: performance.now() - started,
  };
}

/** @param {number} size @returns {Problem} */
function describeLarge(size) {
  const [limit, actual] = [plural(LIMIT, "byte"), plural(size, "byte")];
  return { title: "The document is too large", detail: `The service takes 4 MiB (${limit}); this one has ${actual}.` };
}

/** @param {string} url @param {Uint8Array<ArrayBuffer>} body @param {string} type @param {AbortSignal} signal */
async function request(url, body, type, signal) {
  try {
    const response = await fetch(url, { method: "POST", body, headers: { "Content-Type": type }, signal });
    return { response, bytes: new Uint8Array(await response.arrayBuffer()) };
  } catch (error) {
    if (signal.aborted) throw error;
    const detail = "Look at the connection, then try again. Your document is still here.";
    throw new Refusal({ title: "The service could not be reached", detail });
  }
}

/**
 * The service's problem document, or words for an answer without one.
 * @param {Response} response @param {string} body
 * @returns {Problem}
 */
function readProblem(response, body) {
  const { status, headers } = response;
  const said = headers.get("Content-Type")?.startsWith("application/problem+json") ? JSON.parse(body) : {};
  const problem = { title: `The service answered ${status}`, detail: "It gave no reason.", ...said };
  if (status === 429 || status >= 500) {
    problem.detail = `${problem.detail.replace(/[^.]$/, "$&.")} ${advise(headers.get("Retry-After"))}`;
    problem.request = headers.get("X-Request-Id") ?? undefined;
  }
  return problem;
}

/**
 * When to try again, from Retry-After: seconds or a date.
 * @param {string | null} retryAfter
 */
function advise(retryAfter) {
  const seconds = Math.ceil(Number(retryAfter ?? NaN) || (Date.parse(retryAfter ?? "") - Date.now()) / 1000);
  const when = seconds > 0 ? `in ${plural(seconds, "second")}` : "in a moment";
  return `Your document is still here: try again ${when}.`;
}

/** @param {string | undefined} name @param {Language} language */
function rename(name, language) {
  return name && `${name.replace(/\.[^.]*$/, "")}.${language}`;
}

/* Options */

const mappings = /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll("[name=mapping]"));
const fields = /** @type {NodeListOf<HTMLInputElement | HTMLSelectElement>} */ (
  document.querySelectorAll(".field input, .field select")
);

const chosenMapping = () => [...mappings].find((choice) => choice.checked)?.value ?? "auto";

/**
 * Whether an option has a meaning for a mapping, on the way from a language.
 * @param {Element} field @param {Language} from @param {string} mapping
 */
function applies(field, from, mapping) {
  const { toXml, toJson } = /** @type {HTMLElement} */ (field.closest(".field")).dataset;
  return ((from === "json" ? toXml : toJson) ?? "").split(" ").includes(mapping);
}

/** @param {HTMLInputElement | HTMLSelectElement} field */
function readValue(field) {
  return field instanceof HTMLInputElement && field.type === "checkbox" ? String(field.checked) : field.value;
}

/**
 * The value that the page starts with.
 * @param {HTMLInputElement | HTMLSelectElement} field
 */
function initialValue(field) {
  if (field instanceof HTMLSelectElement) return [...field.options].find((option) => option.defaultSelected)?.value;
  return field.type === "checkbox" ? String(field.defaultChecked) : field.defaultValue;
}

/**
 * The query for a conversion: the mapping, and the options that apply and differ from the service's defaults.
 * @param {Language} from @param {string} mapping
 */
function composeQuery(from, mapping) {
  const query = new URLSearchParams(mapping === "auto" ? {} : { mapping });
  for (const field of fields) {
    const usual = field.dataset.serviceDefault ?? initialValue(field);
    if (applies(field, from, mapping) && readValue(field) !== usual) query.set(field.name, readValue(field));
  }
  return query;
}

/** Show the options that apply, and what the page sends as commands for a shell. */
function showOptions() {
  const mapping = chosenMapping();
  for (const rule of document.querySelectorAll("[data-mapping]")) {
    rule.toggleAttribute("hidden", rule.getAttribute("data-mapping") !== mapping);
  }
  for (const field of fields) {
    const label = /** @type {HTMLElement} */ (field.closest(".field"));
    label.hidden = !applies(field, "json", mapping) && !applies(field, "xml", mapping);
    field.removeAttribute("aria-invalid");
  }
  find("#commands").textContent = [writeCommand("json", mapping), writeCommand("xml", mapping)].join("\n");
}

/** @param {Language} from @param {string} mapping */
function writeCommand(from, mapping) {
  const url = new URL(LANGUAGES[from].route, location.href);
  url.search = String(composeQuery(from, mapping)).replaceAll("'", "%27");
  return `curl --data-binary @document.${from} '${url}'`;
}

/** The address names the options, and never the document: so a way of converting can be passed on, and only that. */
function writeFragment() {
  const state = new URLSearchParams(chosenMapping() === "auto" ? {} : { mapping: chosenMapping() });
  for (const field of fields) {
    const shown = !field.closest("[hidden]");
    if (shown && readValue(field) !== initialValue(field)) state.set(field.name, readValue(field));
  }
  history.replaceState(null, "", state.size ? `#${state}` : location.pathname + location.search);
}

function readFragment() {
  const state = new URLSearchParams(location.hash.slice(1));
  const mapping = state.get("mapping") ?? "auto";
  for (const choice of mappings) choice.checked = choice.value === mapping;
  if (![...mappings].some((choice) => choice.checked)) mappings[0].checked = true;
  for (const field of fields) {
    const value = state.get(field.name) ?? initialValue(field) ?? "";
    if (field instanceof HTMLInputElement && field.type === "checkbox") field.checked = value !== "false";
    else field.value = value;
  }
}

/* Panes */

class Pane {
  /** @param {Language} language */
  constructor(language) {
    this.language = language;
    this.root = find(`#${language}-pane`);
    this.area = /** @type {HTMLTextAreaElement} */ (find("textarea", this.root));
    this.underlay = find(".underlay", this.root);
    this.message = find(".message", this.root);
    this.about = find(".about", this.root);
    /** @type {Held | undefined} What is shown, unless it was typed. */
    this.held = undefined;
    /** Where the excerpt begins and ends in the text. */
    this.start = this.end = 0;
    this.area.addEventListener("scroll", () => (this.underlay.scrollTop = this.area.scrollTop));
  }

  /** @returns {Held} */
  get document() {
    return this.held ?? { text: this.area.value };
  }

  /**
   * Show a document, in excerpt if need be.
   * @param {Held} held
   */
  hold(held) {
    this.held = held;
    this.excerpt(0);
    this.area.setSelectionRange(0, 0);
    this.area.scrollTop = 0;
    this.say("");
    this.describe();
  }

  /** What is shown now is what the visitor typed. */
  release() {
    this.held = undefined;
    this.say("");
    this.describe();
  }

  /**
   * Show the text, or of a long one the part around an offset.
   * @param {number} offset
   */
  excerpt(offset) {
    const { text } = this.document;
    const near = Math.max(0, Math.min(offset - EXCERPT / 2, text.length - EXCERPT));
    this.start = passLines(text, near, countLines(text.slice(near, offset)) - EXCERPT_LINES / 2);
    this.end = endExcerpt(text, this.start);
    this.area.readOnly = this.start > 0 || this.end < text.length;
    this.area.value = text.slice(this.start, this.end);
  }

  /** Name, encoding and size of the document, and which part of it is shown. */
  describe() {
    const { bytes, name, encoding } = this.document;
    const parts = [name, encoding, bytes && formatSize(bytes.length)].filter(Boolean);
    if (this.area.readOnly) {
      const [first, last] = [this.start + 1, this.end].map((place) => place.toLocaleString("en"));
      parts.push(`characters ${first} to ${last} are shown, all are sent`);
    }
    this.root.classList.toggle("long", this.area.readOnly);
    this.about.textContent = parts.join(" · ");
    this.about.title = this.about.textContent;
  }

  /**
   * Mark and select a place in the text.
   * @param {{start: number, end: number}} place
   */
  mark({ start, end }) {
    const { text } = this.document;
    if (this.area.readOnly) {
      this.excerpt(start);
      this.describe();
    }
    const before = text.slice(this.start, start).replace(/\r\n?/g, "\n"); // as a text area has them
    const last = before.length + end - start;
    const mark = element("mark", {}, this.area.value.slice(before.length, last).trim() || " ");
    this.underlay.replaceChildren(before, mark);
    this.area.focus({ preventScroll: true });
    this.area.setSelectionRange(before.length, last);
    this.area.scrollTop = mark.offsetTop - this.area.clientHeight / 3;
    this.underlay.scrollTop = this.area.scrollTop;
  }

  /**
   * What there is to say of the document, below it.
   * @param {"" | "problem" | "result" | "loss" | "equal"} kind @param {(string | Node)[]} content
   */
  say(kind, ...content) {
    this.message.dataset.kind = kind;
    this.message.replaceChildren(...content);
    if (kind !== "problem") this.underlay.replaceChildren();
    this.area.setAttribute("aria-invalid", String(kind === "problem"));
  }
}

/* Comparing what came back */

/**
 * Where each token of a JSON text begins and ends.
 * @param {string} text @returns {Generator<[number, number]>}
 */
function* scanJson(text) {
  const token = /[[\]{}:,"]|[^\s[\]{}:,"]+/g;
  for (let match = token.exec(text); match; match = token.exec(text)) {
    if (match[0] === '"') {
      let end = text.indexOf('"', token.lastIndex);
      while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
      if (end < 0) return;
      token.lastIndex = end + 1;
    }
    yield [match.index, token.lastIndex];
  }
}

/** @param {string} text @param {number} at */
function isEscaped(text, at) {
  let start = at;
  while (text[start - 1] === "\\") start--;
  return (at - start) % 2 === 1;
}

/**
 * The tokens of a JSON text: numbers verbatim, strings by their characters.
 * @param {string} text
 */
function* readJson(text) {
  for (const [start, end] of scanJson(text)) {
    const token = text.slice(start, end);
    yield token[0] === '"' && token.includes("\\") ? JSON.stringify(JSON.parse(token)) : token;
  }
}

/**
 * The nodes of an XML document in document order, each with its depth, which together are the tree.
 * @param {string} text @param {boolean} blanks whether white space alone counts as text
 */
function* readXml(text, blanks) {
  const root = new DOMParser().parseFromString(text.replace(/^\uFEFF?<\?xml.*?\?>/s, ""), "application/xml");
  let characters = "";
  for (const [node, depth] of walk(root)) {
    if (node instanceof CharacterData && !(node instanceof Comment || node instanceof ProcessingInstruction)) {
      characters += node.data;
      if (node.nextSibling instanceof Text) continue; // CDATA sections and what they adjoin are one text
      if (blanks || /[^ \t\r\n]/.test(characters)) yield `${depth} ${characters}`;
      characters = "";
    } else if (!(node instanceof DocumentType)) {
      yield `${depth} ${writeNode(node)}`;
    }
  }
}

/** @param {Node} root @returns {Generator<[Node, number]>} */
function* walk(root) {
  let depth = 0;
  for (let node = /** @type {Node | null} */ (root.firstChild); node; ) {
    yield [node, depth];
    if (node.firstChild) {
      node = node.firstChild;
      depth++;
      continue;
    }
    while (node && node !== root && !node.nextSibling) {
      node = node.parentNode;
      depth--;
    }
    node = node && node !== root ? node.nextSibling : null;
  }
}

/** @param {Node} node */
function writeNode(node) {
  if (node instanceof Comment) return `<!--${node.data}-->`;
  if (node instanceof ProcessingInstruction) return `<?${node.target} ${node.data}?>`;
  const { nodeName, attributes } = /** @type {Element} */ (node);
  const written = [...attributes].map(({ name, value }) => ` ${name}=${JSON.stringify(value)}`);
  return `<${nodeName}${written.sort().join("")}>`;
}

/**
 * The first pair of tokens that differ. It pauses now and then, so that the page stays alive.
 * @param {Iterator<string, void>} before @param {Iterator<string, void>} after
 */
async function findDifference(before, after) {
  for (let started = performance.now(); ; ) {
    for (let at = 0; at < 1000; at++) {
      const [one, two] = [before.next().value, after.next().value];
      if (one !== two) return { before: one, after: two };
      if (one === undefined) return undefined;
    }
    if (performance.now() - started > 15) {
      await new Promise((resolve) => setTimeout(resolve));
      started = performance.now();
    }
  }
}

/**
 * What came back, compared with what was sent: a sentence, and whether it is the same document.
 * @param {Language} language @param {string} before @param {string} after
 */
async function compare(language, before, after) {
  if (before === after) return { equal: true, sentence: "It came back equal, character for character." };
  const read = language === "json" ? readJson : readXml;
  if (!(await findDifference(read(before, true), read(after, true)))) {
    return { equal: true, sentence: `It came back equal. ${WRITING[language]} differently.` };
  }
  const difference = await findDifference(read(before, false), read(after, false));
  if (!difference) return { equal: true, sentence: "It came back equal, but for white space between elements." };
  const [was, is] = [difference.before, difference.after].map((token) => token && quoteToken(language, token));
  const [place, found] = [was ? `where ${was} was` : "where the end was", is ? `there is ${is}` : "there is nothing"];
  return { equal: false, sentence: `It came back different. The first difference: ${place}, ${found}.` };
}

/** @param {Language} language @param {string} token */
function quoteToken(language, token) {
  const text = language === "xml" ? token.replace(/^\d+ /, "").replace(/\s+/g, " ") : token;
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/* The page */

const panes = { json: new Pane("json"), xml: new Pane("xml") };
const crossing = find(".crossing");
let running = new AbortController();
/** @type {Language} The language that was last converted from. */
let latest = "json";

/**
 * Convert what one pane holds into the other.
 * @param {Language} from
 */
async function cross(from) {
  latest = from;
  const [source, target] = [panes[from], panes[LANGUAGES[from].other]];
  const sent = source.document;
  if (!sent.text && !sent.bytes?.length) {
    source.area.focus();
    return announce(`There is nothing to convert: type or paste ${LANGUAGES[from].name}, or drop a file.`, source);
  }
  const mapping = chosenMapping();
  const invalid = [...fields].find((field) => applies(field, from, mapping) && !field.checkValidity());
  if (invalid) return void invalid.reportValidity();
  const query = composeQuery(from, mapping);
  await attempt(from, source, async (signal) => {
    const conversion = await convert(from, sent, query, signal);
    source.say("");
    target.hold(conversion.document);
    showConversion(target, conversion, () => sendBack(target, conversion, sent));
  });
}

/**
 * Send a result back the other way, and say whether it is what it came from. Both panes stay as they are.
 * @param {Pane} pane @param {Conversion} conversion @param {Held} sent
 */
async function sendBack(pane, conversion, sent) {
  const query = composeQuery(pane.language, conversion.mapping);
  query.delete("indent");
  await attempt(pane.language, pane, async (signal) => {
    const returned = await convert(pane.language, conversion.document, query, signal);
    const { other } = LANGUAGES[pane.language];
    const { equal, sentence } = await compare(other, sent.text, returned.document.text);
    if (signal.aborted) return;
    crossing.dataset.signal = equal ? "walk" : "wait";
    const show = button("Show what came back", () => {
      panes[other].hold(returned.document);
      panes[other].area.focus();
    });
    pane.say(equal ? "equal" : "loss", element("p", {}, sentence), equal ? "" : show);
    tell(sentence);
  });
}

/**
 * Do something with the service: one thing at a time, with the crossing as its signal, and a refusal shown at its pane.
 * @param {Language} from @param {Pane} pane @param {(signal: AbortSignal) => Promise<void>} work
 */
async function attempt(from, pane, work) {
  running.abort();
  running = new AbortController();
  const { signal } = running;
  crossing.dataset.signal = `busy-${LANGUAGES[from].other}`;
  tell("Converting.");
  try {
    await work(signal);
  } catch (error) {
    if (signal.aborted) return;
    crossing.dataset.signal = "stop";
    if (!(error instanceof Refusal)) throw error;
    showProblem(pane, error.problem);
  }
  if (crossing.dataset.signal.startsWith("busy")) crossing.dataset.signal = "";
}

/** Forget the conversion under way: what it is of, or what it would overwrite, has changed. */
function callOff() {
  running.abort();
  crossing.dataset.signal = "";
}

/** @param {Pane} pane @param {Conversion} conversion @param {() => void} sendBack */
function showConversion(pane, conversion, sendBack) {
  const { mapping, losses, milliseconds } = conversion;
  const done = `${LANGUAGES[pane.language].name} by ${mapping}, in ${Math.max(1, Math.round(milliseconds))} ms.`;
  const lost = losses.map((word) => LOSSES[/** @type {keyof LOSSES} */ (word)] ?? word);
  const loss = lost.length ? ` It leaves out ${lost.join("; ")}.` : "";
  pane.say(loss ? "loss" : "result", element("p", {}, `${done}${loss}`), button("Send back and compare", sendBack));
  tell(`Converted to ${LANGUAGES[pane.language].name}, ${formatSize(conversion.document.bytes?.length ?? 0)}.${loss}`);
}

/**
 * Show why there is no result, and where: at a place in the document, or at an option.
 * @param {Pane} pane @param {Problem} problem
 */
function showProblem(pane, problem) {
  const { title, detail, line, column, pointer, path, code, parameter, request } = problem;
  const facts = element("p", { className: "facts" });
  const { text } = pane.document;
  const place = line && column ? locate(text, line, column) : locatePointer(text, pointer);
  const name = line && column ? `Line ${line}, column ${column}` : pointer || "The whole document";
  if (place) facts.append(button(name, () => pane.mark(place)));
  for (const [word, value] of Object.entries({ pointer: place ? "" : pointer, path, code, request })) {
    if (value) facts.append(element("span", {}, `${word} `, element("code", {}, value)));
  }
  const reason = ` ${detail.replace(/[^.]$/, "$&.")}`;
  pane.say("problem", element("p", {}, element("strong", {}, `${title}:`), reason), facts);
  const field = [...fields].find((field) => field.name === parameter);
  if (field) field.setAttribute("aria-invalid", "true");
  if (place) pane.mark(place);
  else (field ?? pane.area).focus();
  tell(`${title}:${reason} ${place ? name : ""}`);
}

/**
 * Say something below a pane and aloud.
 * @param {string} sentence @param {Pane} pane
 */
function announce(sentence, pane) {
  pane.say("result", element("p", {}, sentence));
  tell(sentence);
}

/**
 * Say something to those who listen to the page.
 * @param {string} sentence
 */
function tell(sentence) {
  find("#announcement").textContent = sentence;
}

/* What visitors do */

/**
 * Take a file into the pane of its language, or else into the one it was meant for.
 * @param {File} file @param {Pane} meant
 */
async function openFile(file, meant) {
  callOff();
  if (file.size > LIMIT) return showProblem(meant, describeLarge(file.size));
  const held = await readFile(file);
  const pane = panes[recognizeLanguage(held.text) ?? meant.language];
  pane.hold(held);
  pane.area.focus();
  tell(`${file.name} is in the ${LANGUAGES[pane.language].name} pane.`);
}

/** @type {Record<string, (pane: Pane) => void>} */
const TOOLS = {
  example(pane) {
    callOff();
    pane.hold({ text: EXAMPLES[pane.language] });
    pane.area.focus();
  },
  open(pane) {
    /** @type {HTMLInputElement} */ (find("[type=file]", pane.root)).click();
  },
  async copy(pane) {
    try {
      await navigator.clipboard.writeText(pane.document.text);
      tell("Copied.");
    } catch {
      announce("The browser does not let this page copy: select the text, or save it.", pane);
    }
  },
  save(pane) {
    const { name = `document.${pane.language}` } = pane.document;
    const url = URL.createObjectURL(new Blob([toBytes(pane.document)], { type: LANGUAGES[pane.language].type }));
    element("a", { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  },
  clear(pane) {
    callOff();
    pane.hold({ text: "" });
    pane.release();
    pane.area.focus();
  },
};

/**
 * A paste that is too long for the text area is held, like a file; a pasted file is opened.
 * @param {ClipboardEvent} event @param {Pane} pane
 */
function paste(event, pane) {
  const file = event.clipboardData?.files[0];
  const text = event.clipboardData?.getData("text/plain") ?? "";
  const { value, selectionStart, selectionEnd, readOnly } = pane.area;
  const whole = value.slice(0, selectionStart) + text + value.slice(selectionEnd);
  if (!file && (readOnly || endExcerpt(whole, 0) === whole.length)) return;
  event.preventDefault();
  if (file) return void openFile(file, pane);
  callOff();
  pane.hold({ text: whole });
}

/** @param {Pane} pane */
function watchPane(pane) {
  const { root, area } = pane;
  area.addEventListener("input", () => {
    callOff();
    pane.release();
  });
  area.addEventListener("paste", (event) => paste(event, pane));
  for (const tool of root.querySelectorAll("[data-tool]")) {
    tool.addEventListener("click", () => TOOLS[tool.getAttribute("data-tool") ?? ""](pane));
  }
  const chooser = /** @type {HTMLInputElement} */ (find("[type=file]", root));
  chooser.addEventListener("change", () => {
    if (chooser.files?.[0]) openFile(chooser.files[0], pane);
    chooser.value = "";
  });
}

/** Files may be dropped anywhere: a near miss would make the browser leave the page. */
function watchDrops() {
  /** @param {DragEvent} event */
  const paneBelow = ({ target }) => (panes.xml.root.contains(/** @type {Node} */ (target)) ? panes.xml : panes.json);
  /** @param {Pane | undefined} pane */
  const light = (pane) => {
    for (const each of Object.values(panes)) each.root.classList.toggle("dropping", each === pane);
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

function watchKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    const pane = Object.values(panes).find(({ root }) => root.contains(document.activeElement));
    cross(pane?.language ?? latest);
  });
}

function watchOptions() {
  find(".options").addEventListener("input", () => {
    showOptions();
    writeFragment();
  });
  window.addEventListener("hashchange", () => {
    readFragment();
    showOptions();
  });
}

/* Elements */

/**
 * @param {string} selector @param {ParentNode} within
 * @returns {HTMLElement}
 */
function find(selector, within = document) {
  const found = within.querySelector(selector);
  if (!(found instanceof HTMLElement)) throw new Error(`The page has no ${selector}`);
  return found;
}

/**
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name @param {Partial<HTMLElementTagNameMap[Name]>} properties @param {(string | Node)[]} content
 */
function element(name, properties, ...content) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...content);
  return made;
}

/** @param {string} label @param {() => void} act */
function button(label, act) {
  const made = element("button", { type: "button" }, label);
  made.addEventListener("click", act);
  return made;
}

Object.values(panes).forEach(watchPane);
watchDrops();
watchKeys();
watchOptions();
find("#to-xml").addEventListener("click", () => cross("json"));
find("#to-json").addEventListener("click", () => cross("xml"));
readFragment();
showOptions();
