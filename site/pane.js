/**
 * A pane: one document, edited in a text area or shown in a view, with line numbers and colours.
 *
 * Both ways paint only the lines on the screen and some around them into one `<pre>`. A text area can be neither coloured
 * nor large: it lies, transparent, over the `<pre>` of what is edited. What nobody edits, and what is too long for that,
 * is the `<pre>` alone, whose selection is kept in offsets of the whole text.
 *
 * @typedef {{start: number, shown: number, end: number, from: number}} Row a painted line: where it begins and ends in
 *   the text, how many characters of it are shown, and where in the `<pre>`
 */

import { EMPTY, Lines, isEmpty } from "./documents.js";
import { Paint } from "./highlight.js";

// Characters that a text area edits without delay.
export const EDITABLE = 100_000;

// Characters of a line that a view shows.
const WIDE = 2000;

// Pixels that browsers still lay out; a view of more lines scrolls faster than the hand.
const TALLEST = 8_000_000;

export class Pane {
  held = EMPTY;
  // Whether a person put the text there.
  own = false;
  // Whether something was typed since the document was put there.
  typed = false;
  #rows = [];
  #painted = { first: 0, last: 0 };
  #paint = new Paint();
  #selected;
  // The offsets in the `<pre>` to which the selection was last set by the program.
  #placed = { anchor: -1, focus: -1 };
  #fault;

  constructor(language, root) {
    const find = (selector) => root.querySelector(selector);
    this.language = language;
    this.root = root;
    this.scroll = find(".scroll");
    this.pre = find(".text");
    this.numbers = find(".numbers pre");
    this.flag = find(".flag");
    this.tint = find(".tint");
    this.message = find(".message");
    this.area = find("textarea");
    this.lines = new Lines("");
    this.scroll.addEventListener("scroll", () => this.paint(false), { passive: true });
    new ResizeObserver(() => this.paint(true)).observe(this.scroll);
    document.addEventListener("selectionchange", () => this.#readSelection());
    this.hold(EMPTY, false);
  }

  get editing() {
    return !this.area.hidden;
  }

  get editable() {
    return this.held.text.length <= EDITABLE;
  }

  // Put a document here. A result stays where it was scrolled to.
  hold(held, own) {
    Object.assign(this, { held, own, typed: false });
    this.#selected = undefined;
    if ((own || isEmpty(held)) && this.editable) this.#openArea();
    else this.#closeArea();
    if (own) this.scroll.scrollTo(0, 0);
    this.refresh();
  }

  // A new text area each time: so the browser's own undo begins with this document.
  #openArea() {
    const hadFocus = this.root.contains(document.activeElement) && this.scroll.contains(document.activeElement);
    const fresh = this.area.cloneNode();
    fresh.value = this.held.text;
    fresh.hidden = false;
    this.area.replaceWith(fresh);
    this.area = fresh;
    this.area.setSelectionRange(0, 0);
    for (const name of ["tabindex", "role", "aria-label"]) this.scroll.removeAttribute(name);
    this.pre.setAttribute("aria-hidden", "true");
    if (hadFocus) this.focus();
  }

  #closeArea() {
    const hadFocus = document.activeElement === this.area;
    this.area.hidden = true;
    this.scroll.tabIndex = 0;
    this.scroll.setAttribute("role", "group");
    this.scroll.setAttribute("aria-label", `${this.area.getAttribute("aria-label")}, to read`);
    this.pre.removeAttribute("aria-hidden");
    if (hadFocus) this.focus();
  }

  // Say something below the document.
  say(kind, ...content) {
    const hadFocus = this.message.contains(document.activeElement);
    this.message.dataset.kind = kind;
    this.message.replaceChildren(...content);
    if (hadFocus) this.focus();
  }

  focus() {
    (this.editing ? this.area : this.scroll).focus({ preventScroll: true });
  }

  // Let the text be edited here, with the caret at an offset.
  edit(anchor = this.selected.anchor, focus = this.selected.focus) {
    if (!this.editable) return false;
    if (!this.editing) {
      this.#openArea();
      this.refresh();
    }
    this.focus();
    const place = (offset) => this.held.text.slice(0, offset).replace(/\r\n/g, "\n").length;
    this.area.setSelectionRange(place(Math.min(anchor, focus)), place(Math.max(anchor, focus)));
    return true;
  }

  // What was typed is the document now.
  readArea() {
    this.held = { text: this.area.value, name: this.held.name };
    this.own = this.typed = true;
    this.refresh();
  }

  // Show the document as it is now.
  refresh() {
    this.#fault = undefined;
    this.lines = new Lines(this.held.text);
    const columns = this.editing ? this.lines.longest : Math.min(this.lines.longest, WIDE + 40);
    this.scroll.style.setProperty("--lines", String(this.lines.count));
    this.scroll.style.setProperty("--digits", String(Math.max(2, String(this.lines.count).length)));
    this.scroll.style.setProperty("--columns", String(columns));
    this.scroll.style.setProperty("--tallest", `${TALLEST}px`);
    if (this.editing && this.area.scrollWidth > this.area.clientWidth) { // tabs and wide characters
      this.scroll.style.setProperty("--columns", String(Math.ceil((columns * this.area.scrollWidth) / this.area.clientWidth) + 1));
    }
    this.root.toggleAttribute("data-empty", isEmpty(this.held));
    this.root.toggleAttribute("data-view", !this.editing);
    this.root.toggleAttribute("data-file", Boolean(this.held.file));
    this.paint(true);
  }

  /* Painting */

  // Which line is at the top, and how far down a line is.
  #measure() {
    const height = parseFloat(getComputedStyle(this.pre).lineHeight);
    const { clientHeight, scrollTop } = this.scroll;
    const whole = this.lines.count * height;
    const scale = whole > TALLEST ? (whole - clientHeight) / (TALLEST - clientHeight) : 1;
    const top = (scrollTop * scale) / height;
    return {
      top,
      visible: Math.ceil(clientHeight / height) + 1,
      yOf: (line) => scrollTop + (line - top) * height,
      scale,
      height,
    };
  }

  // Paint the lines on the screen, and as many around them.
  paint(changed) {
    const { top, visible, yOf, scale } = this.#measure();
    const first = Math.max(0, Math.floor(top));
    const last = Math.min(this.lines.count, first + visible);
    if (!changed && scale === 1 && first >= this.#painted.first && last <= this.#painted.last) return;
    this.#painted = { first: Math.max(0, first - visible), last: Math.min(this.lines.count, last + visible) };
    this.#fill(this.#painted.first, this.#painted.last);
    const y = yOf(this.#painted.first);
    this.pre.style.transform = this.numbers.style.transform = `translateY(${y}px)`;
    this.#showFault(yOf);
    this.#placeSelection();
  }

  #fill(first, last) {
    const { text } = this.held;
    this.#rows = [];
    let [shown, numbers] = ["", ""];
    for (let line = first; line < last; line++) {
      const [start, end] = [this.lines.starts[line], this.lines.end(line)];
      const row = { start, end, shown: this.editing ? end - start : Math.min(end - start, WIDE), from: shown.length };
      this.#rows.push(row);
      shown += text.slice(start, start + row.shown);
      if (row.shown < end - start) shown += ` … ${(end - start - row.shown).toLocaleString("en")} more characters`;
      shown += "\n";
      numbers += `${line + 1}\n`;
    }
    const node = document.createTextNode(shown);
    this.#paint.clear();
    this.pre.replaceChildren(node);
    this.numbers.textContent = isEmpty(this.held) ? "" : numbers;
    this.#paint.colour(this.language, text, node, this.#rows);
  }

  /* The place of a problem */

  mark(offset) {
    this.#fault = offset;
    this.paint(true);
  }

  #showFault(yOf) {
    const fault = this.#fault;
    const line = fault === undefined ? -1 : this.lines.at(fault);
    const row = this.#rows[line - this.#painted.first];
    this.flag.hidden = this.tint.hidden = !row;
    if (!row || fault === undefined) return;
    this.flag.style.transform = this.tint.style.transform = `translateY(${yOf(line)}px)`;
    const at = row.from + Math.min(fault - row.start, row.shown);
    this.#paint.add("fault", this.pre.firstChild, at, at + 1);
  }

  // Go to a place: a caret there, nothing selected.
  jump(offset) {
    const { height, scale } = this.#measure();
    const line = this.lines.at(offset);
    this.scroll.scrollTop = (line * height) / scale - this.scroll.clientHeight / 3;
    if (this.editing) return void this.edit(offset, offset);
    this.focus();
    this.#selected = { anchor: offset, focus: offset };
    this.paint(true);
  }

  /* Selecting in a view */

  selectAll() {
    this.#selected = { anchor: 0, focus: this.held.text.length };
    this.#placeSelection();
  }

  // What is selected in the view, in offsets of the text, also where it is not painted.
  get selected() {
    this.#readSelection();
    return this.#selected ?? { anchor: 0, focus: 0 };
  }

  get selection() {
    const { anchor, focus } = this.selected;
    return this.held.text.slice(Math.min(anchor, focus), Math.max(anchor, focus));
  }

  // An end of the selection that stands where the program put it means what it meant then.
  #readSelection() {
    const { anchorNode, focusNode, anchorOffset, focusOffset } = getSelection() ?? {};
    const node = this.pre.firstChild;
    if (this.editing || !anchorNode) return;
    if (anchorNode !== node || focusNode !== node) return void (this.#selected = undefined);
    const read = (end, offset) =>
      this.#selected && this.#placed[end] === offset ? this.#selected[end] : this.#toText(offset);
    this.#selected = { anchor: read("anchor", anchorOffset), focus: read("focus", focusOffset) };
    this.#placed = { anchor: anchorOffset, focus: focusOffset };
  }

  #placeSelection() {
    const node = this.pre.firstChild;
    if (this.editing || !this.#selected || !node) return;
    const { anchor, focus } = this.#selected;
    this.#placed = { anchor: this.#toPainted(anchor), focus: this.#toPainted(focus) };
    getSelection()?.setBaseAndExtent(node, this.#placed.anchor, node, this.#placed.focus);
  }

  #toText(offset) {
    const row = this.#rows.findLast(({ from }) => from <= offset) ?? this.#rows[0];
    return offset - row.from > row.shown ? row.end : row.start + offset - row.from;
  }

  #toPainted(offset) {
    const row = this.#rows.findLast(({ start }) => start <= offset);
    if (!row) return 0;
    const last = this.#rows[this.#rows.length - 1];
    const isBehind = row === last && offset > row.end;
    return isBehind ? (this.pre.textContent ?? "").length : row.from + Math.min(offset - row.start, row.shown);
  }
}
