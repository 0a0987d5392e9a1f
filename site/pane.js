/**
 * A pane: one document, edited in a text area or shown in a view, with line numbers and colours.
 *
 * Both ways paint only the lines on the screen and some around them into one `<pre>`. A text area can be neither
 * coloured nor large: it lies, transparent, over the `<pre>` of what is edited. What nobody edits, and what is too long
 * for that, is the `<pre>` alone, whose selection is kept in offsets of the whole text.
 *
 * A row is a painted line, {start, end, shown, from}: where it is in the text, how many of its characters are shown,
 * and where in the `<pre>`. The fault is the offset of a problem.
 */

import { EMPTY, Lines, isEmpty, write } from "./documents.js";
import { Paint } from "./highlight.js";

export const EDITABLE = 100_000; // characters that a text area edits without delay
const WIDE = 2000; // characters of a line that a view shows
const TALLEST = 8_000_000; // pixels that browsers lay out; a view of more lines scrolls faster than the hand

export class Pane {
  own = false; // whether a person put the text there
  typed = false; // whether something was typed since
  #rows = [];
  #painted = { first: 0, last: 0 };
  #paint = new Paint();
  #selected; // {anchor, focus} in offsets of the text
  #placed = {}; // the same in the `<pre>`, as they were last set or read
  #fault;

  constructor(language, root) {
    Object.assign(this, { language, root });
    const names = ["scroll", "text", "numbers", "flag", "tint", "message"];
    for (const name of names) this[name] = root.querySelector(`.${name}`);
    this.area = root.querySelector("textarea");
    this.scroll.addEventListener("scroll", () => this.paint(false), { passive: true });
    new ResizeObserver(() => this.#fit() ?? this.paint(true)).observe(this.scroll);
    document.addEventListener("selectionchange", () => this.#readSelection());
    this.hold(EMPTY, false);
  }

  get editing() { return !this.area.hidden; }
  get editable() { return this.held.text.length <= EDITABLE; }
  focus() { (this.editing ? this.area : this.scroll).focus({ preventScroll: true }); }

  // Put a document here. A result stays where it was scrolled to.
  hold(held, own) {
    Object.assign(this, { held, own, typed: false });
    this.#selected = undefined;
    this.#turn((own || isEmpty(held)) && this.editable);
    if (own) this.scroll.scrollTo(0, 0);
    this.refresh();
  }

  // A new text area each time: so the browser's own undo begins with this document.
  #turn(editing) {
    const hadFocus = this.scroll.contains(document.activeElement);
    const fresh = Object.assign(this.area.cloneNode(), { value: editing ? this.held.text : "", hidden: !editing });
    this.area.replaceWith(fresh);
    this.area = fresh;
    this.area.setSelectionRange(0, 0);
    this.text.ariaHidden = editing ? "true" : null;
    this.scroll.role = editing ? null : "group";
    this.scroll.ariaLabel = editing ? null : `${this.area.ariaLabel}, to read`;
    if (editing) this.scroll.removeAttribute("tabindex");
    else this.scroll.tabIndex = 0;
    if (hadFocus) this.focus();
  }

  // Say something below the document.
  say(kind, ...content) {
    const hadFocus = this.message.contains(document.activeElement);
    this.message.dataset.kind = kind;
    this.message.replaceChildren(...content);
    if (hadFocus) this.focus();
  }

  // Let the text be edited here, with the caret at an offset.
  edit(anchor = this.selected.anchor, focus = this.selected.focus) {
    if (!this.editable) return false;
    if (!this.editing) {
      this.#turn(true);
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
    const set = (name, value) => this.scroll.style.setProperty(name, value);
    set("--lines", this.lines.count);
    set("--digits", Math.max(2, String(this.lines.count).length));
    set("--columns", columns);
    set("--tallest", `${TALLEST}px`);
    this.#fit();
    this.root.toggleAttribute("data-empty", isEmpty(this.held));
    this.root.toggleAttribute("data-view", !this.editing);
    this.root.toggleAttribute("data-file", Boolean(this.held.file));
    this.paint(true);
  }

  // Make room for tabs, and characters of two columns: a text area that scrolled by itself would not lie over its text.
  #fit() {
    this.scroll.style.setProperty("--wide", "0px");
    const { scrollWidth, clientWidth } = this.area;
    if (this.editing && scrollWidth > clientWidth) this.scroll.style.setProperty("--wide", `${scrollWidth}px`);
  }

  // Which line is at the top, and how far down a line is.
  #measure() {
    const height = parseFloat(getComputedStyle(this.text).lineHeight);
    const { clientHeight, scrollTop } = this.scroll;
    const whole = this.lines.count * height;
    const scale = whole > TALLEST ? (whole - clientHeight) / (TALLEST - clientHeight) : 1;
    const top = (scrollTop * scale) / height;
    const visible = Math.ceil(clientHeight / height) + 1;
    return { top, visible, scale, height, yOf: (line) => scrollTop + (line - top) * height };
  }

  // Paint the lines on the screen, and as many around them.
  paint(changed) {
    const { top, visible, yOf, scale } = this.#measure();
    const first = Math.max(0, Math.min(Math.floor(top), this.lines.count - 1)); // it may have been longer just now
    const last = Math.min(this.lines.count, first + visible);
    if (!changed && scale === 1 && first >= this.#painted.first && last <= this.#painted.last) return;
    this.#painted = { first: Math.max(0, first - visible), last: Math.min(this.lines.count, last + visible) };
    this.#fill(this.#painted.first, this.#painted.last);
    const shift = `translateY(${yOf(this.#painted.first)}px)`;
    this.text.style.transform = this.numbers.firstElementChild.style.transform = shift;
    this.#showFault(yOf);
    this.#placeSelection();
  }

  #fill(first, last) {
    const { text } = this.held;
    this.#rows = [];
    let [all, numbers] = ["", ""];
    for (let line = first; line < last; line++) {
      const [start, end] = [this.lines.starts[line], this.lines.end(line)];
      const shown = this.editing ? end - start : Math.min(end - start, WIDE);
      this.#rows.push({ start, end, shown, from: all.length });
      const rest = end - start - shown;
      all += `${text.slice(start, start + shown)}${rest ? ` … ${write(rest)} more characters` : ""}\n`;
      numbers += `${line + 1}\n`;
    }
    const node = document.createTextNode(all);
    this.#paint.clear();
    this.text.replaceChildren(node);
    this.numbers.firstElementChild.textContent = isEmpty(this.held) ? "" : numbers;
    this.#paint.colour(this.language, text, node, this.#rows);
  }

  mark(offset) {
    this.#fault = offset;
    this.paint(true);
  }

  #showFault(yOf) {
    const line = this.#fault === undefined ? -1 : this.lines.at(this.#fault);
    const row = this.#rows[line - this.#painted.first];
    this.flag.hidden = this.tint.hidden = !row;
    if (!row) return;
    this.flag.style.transform = this.tint.style.transform = `translateY(${yOf(line)}px)`;
    const at = row.from + Math.min(this.#fault - row.start, row.shown);
    this.#paint.add("fault", this.text.firstChild, at, at + 1);
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
    const { anchorNode, focusNode, anchorOffset, focusOffset } = getSelection();
    const node = this.text.firstChild;
    if (this.editing || !anchorNode) return;
    if (anchorNode !== node || focusNode !== node) return void (this.#selected = undefined);
    const placed = { anchor: anchorOffset, focus: focusOffset };
    const moved = (end) => !this.#selected || placed[end] !== this.#placed[end];
    const read = (end) => (moved(end) ? this.#toText(placed[end]) : this.#selected[end]);
    this.#selected = { anchor: read("anchor"), focus: read("focus") };
    this.#placed = placed;
  }

  #placeSelection() {
    const node = this.text.firstChild;
    if (this.editing || !this.#selected || !node) return;
    const { anchor, focus } = this.#selected;
    this.#placed = { anchor: this.#toPainted(anchor), focus: this.#toPainted(focus) };
    getSelection().setBaseAndExtent(node, this.#placed.anchor, node, this.#placed.focus);
  }

  #toText(offset) {
    const row = this.#rows.findLast(({ from }) => from <= offset);
    return offset - row.from > row.shown ? row.end : row.start + offset - row.from;
  }

  #toPainted(offset) {
    const row = this.#rows.findLast(({ start }) => start <= offset);
    if (!row) return 0;
    const isBehind = row === this.#rows.at(-1) && offset > row.end;
    return isBehind ? this.text.textContent.length : row.from + Math.min(offset - row.start, row.shown);
  }
}
