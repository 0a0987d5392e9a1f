/**
 * The tokens of JSON and XML, each {start, end, kind}, and their colours. Scanners never fail: people are still typing.
 */

// The tokens of a JSON text: name, string, number, word (true, false, null, or none of them), text (brackets).
export function* scanJson(text, from = 0, to = text.length) {
  const token = /[[\]{}:,"]|[^\s[\]{}:,"]+/g;
  const colon = /\s*:/y;
  token.lastIndex = from;
  for (let match = token.exec(text); match && match.index < to; match = token.exec(text)) {
    const start = match.index;
    let kind = "[]{}:,".includes(match[0]) ? "text" : /^[-\d]/.test(match[0]) ? "number" : "word";
    if (match[0] === '"') {
      token.lastIndex = colon.lastIndex = endString(text, start);
      kind = colon.test(text) ? "name" : "string";
    }
    yield { start, end: token.lastIndex, kind };
  }
}

function endString(text, start) {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let backslashes = at;
    while (text[backslashes - 1] === "\\") backslashes--;
    if ((at - backslashes) % 2 === 0) return at + 1;
  }
  return text.length;
}

// How each kind of markup begins and ends, other than a tag.
const MARKUP = [
  { begin: "<!--", end: "-->", kind: "comment" },
  { begin: "<![CDATA[", end: "]]>", kind: "cdata" },
  { begin: "<?", end: "?>", kind: "instruction" },
];

// The tokens of an XML document: text, tag, comment, cdata, instruction (the XML declaration too), doctype.
export function* scanXml(text, from = 0, to = text.length) {
  for (let start = from; start < to; ) {
    const next = text.indexOf("<", start);
    const found = next === start ? endMarkup(text, start) : { end: next < 0 ? text.length : next, kind: "text" };
    yield { start, end: found.end, kind: found.kind };
    start = found.end;
  }
}

function endMarkup(text, start) {
  const markup = MARKUP.find(({ begin }) => text.startsWith(begin, start));
  if (!markup) return { end: endTag(text, start), kind: text[start + 1] === "!" ? "doctype" : "tag" };
  const found = text.indexOf(markup.end, start + markup.begin.length);
  return { end: found < 0 ? text.length : found + markup.end.length, kind: markup.kind };
}

// Behind the ">" of a tag or a DOCTYPE. Quotes may hold others, and so may a DOCTYPE between its brackets.
const CLOSINGS = { '"': '"', "'": "'", "<!--": "-->", "<?": "?>" };
function endTag(text, start) {
  const mark = text[start + 1] === "!" ? /["'>[\]]|<!--|<\?/g : /["'>]/g;
  mark.lastIndex = start;
  for (let match = mark.exec(text), inside = false; match; match = mark.exec(text)) {
    const closing = CLOSINGS[match[0]];
    if (match[0] === ">" && !inside) return mark.lastIndex;
    if (!closing) inside = match[0] === "[" || (inside && match[0] !== "]");
    const end = closing ? text.indexOf(closing, mark.lastIndex) : mark.lastIndex;
    if (end < 0) break;
    mark.lastIndex = end + (closing ?? "").length;
  }
  return text.length;
}

// The parts of a tag: tag (its name and brackets), name and string (of its attributes).
export function* splitTag(text, { start, end }) {
  const part = /<\/?[^\s/>]*|\/?>|([^\s=/>"']+)|"[^"]*"?|'[^']*'?/g;
  part.lastIndex = start;
  for (let match = part.exec(text); match && match.index < end; match = part.exec(text)) {
    const kind = match[1] ? "name" : /["']/.test(match[0][0]) ? "string" : "tag";
    yield { start: match.index, end: part.lastIndex, kind };
  }
}

// The tokens to colour in a part of a text, which begins with a line.
export function* scanPart(language, text, from, to) {
  if (language === "json") return yield* scanJson(text, from, to);
  for (const token of scanXml(text, findMarkup(text, from), to)) {
    if (token.kind === "tag") yield* splitTag(text, token);
    else yield token;
  }
}

// How far back a comment or tag is looked for that a part of a text may begin in.
const REACH = 20_000;

// Where the markup begins that an offset is in, or else the offset.
function findMarkup(text, offset) {
  const base = Math.max(0, offset - REACH);
  const before = text.slice(base, offset);
  for (const { begin, end } of [...MARKUP, { begin: "<", end: ">" }]) {
    const start = before.lastIndexOf(begin);
    if (start >= 0 && start > before.lastIndexOf(end)) return base + start;
  }
  return offset;
}

// What the style sheet calls the colours of some kinds; without a name it is ink.
const COLOURS = { word: "number", cdata: "string", instruction: "comment", doctype: "comment", text: "" };

const canPaint = typeof CSS !== "undefined" && "highlights" in CSS; // there is no CSS in a worker

// The colours of one text node, by the CSS Custom Highlight API; without it there are none.
export class Paint {
  #ranges = [];

  clear() { for (const [highlight, range] of this.#ranges.splice(0)) highlight.delete(range); }

  add(colour, node, start, end) {
    if (!canPaint || start >= end) return;
    const highlight = CSS.highlights.get(colour) ?? new Highlight();
    CSS.highlights.set(colour, highlight);
    const range = new StaticRange({ startContainer: node, startOffset: start, endContainer: node, endOffset: end });
    highlight.add(range);
    this.#ranges.push([highlight, range]);
  }

  // Colour a text node in which lines of a text are shown.
  colour(language, text, node, rows) {
    let row = 0;
    const last = rows[rows.length - 1];
    for (const { start, end, kind } of scanPart(language, text, rows[0].start, last.start + last.shown)) {
      const colour = COLOURS[kind] ?? kind;
      if (!colour) continue;
      while (row < rows.length - 1 && rows[row + 1].start <= start) row++;
      for (let at = row; at < rows.length && rows[at].start < end; at++) {
        const { start: begin, shown, from } = rows[at];
        this.add(colour, node, from + Math.max(0, start - begin), from + Math.min(shown, end - begin));
      }
    }
  }
}
