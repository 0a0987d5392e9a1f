/**
 * The state of the page: whichever pane is edited is the source, and the other follows.
 *
 * An answer belongs to one revision of the source and one of the options. Whatever changes either aborts the request
 * under way, so what arrives is always of now.
 *
 * Glossary
 *   source   the language of the pane that was edited last; the other pane is the target
 *   own      said of a pane whose text a person put there; a result is not
 *   pair     the mapping that made one pane of the other, by which an automatic choice goes back
 *   check    the result sent back through the service and compared with the source
 *   snapshot both panes, the source, the pair and the options, before something was replaced
 *   phase    idle, waiting, converting, checking, done, stuck (on a problem), file (which nothing follows by itself)
 */

import { compare } from "./compare.js";
import { EMPTY, LANGUAGES, LIMIT, isEmpty, recognizeLanguage } from "./documents.js";
import { chosenMapping, composeQuery, readState, writeState } from "./options.js";
import { Refusal, convert } from "./service.js";

const PAUSE = 300; // milliseconds without a key until a text is converted
const DEPTH = 20; // how many replacements can be undone

export class Follow {
  phase = "idle";
  past = [];
  future = [];
  #pair;
  #before; // what there was before the source became the source
  #running = new AbortController();
  #timer = 0;

  constructor(panes, render) {
    Object.assign(this, { panes, render });
  }

  // The mapping by which the source is converted.
  get mapping() { return this.mappingFrom(this.source); }

  mappingFrom(language) {
    const ofJson = chosenMapping() === "auto" && language !== "xml";
    return ofJson ? (this.#pair ?? "item") : chosenMapping();
  }

  // Somebody is about to type in a pane. A result that is typed over comes back with an undo. Where both panes hold a
  // person's own text, an undo keeps the newest of each: so #take looks at them only when it replaces one.
  prepare(language) {
    if (language !== this.source) this.#before = this.#isOwn(language) ? undefined : this.#takeSnapshot();
  }

  // A pane has another text.
  edited(language, fresh, pause = PAUSE) {
    this.source = language;
    if (fresh) this.#pair = undefined;
    this.#schedule(pause);
  }

  configured(mapping, typing) {
    if (mapping && this.source === "json") this.#pair = undefined;
    this.#schedule(typing ? PAUSE : 0);
  }

  // Put a document into a pane, in the place of what is there.
  replace(language, held) {
    this.#before = this.#takeSnapshot();
    if (this.#isOwn(language)) this.#keep(this.#before, language);
    this.panes[language].hold(held, true);
    this.edited(language, true, 0);
  }

  clear(language) {
    const { other } = LANGUAGES[language];
    this.replace(language, EMPTY);
    if (this.#isOwn(other)) this.source = other; // which follows again once something changes
  }

  // Make the target the source.
  swap() {
    const language = this.source && LANGUAGES[this.source].other;
    if (!language || isEmpty(this.panes[language].held) || this.isStale(this.panes[language])) return;
    this.#before = this.#takeSnapshot();
    this.panes[language].hold(this.panes[language].held, true);
    this.edited(language, false, 0);
  }

  // Put a document that stands in the wrong pane into the other one.
  move(language) {
    const [held, other] = [this.panes[language].held, LANGUAGES[language].other];
    this.replace(other, held);
    this.panes[language].hold(EMPTY, false);
  }

  // Convert without waiting for a pause.
  now() { if (this.source) this.#schedule(0); }

  undo(from = this.past, to = this.future) {
    const entry = from.pop();
    if (!entry) return;
    to.push({ snapshot: this.#takeSnapshot(), panes: entry.panes });
    const { panes, source, pair, options } = entry.snapshot;
    readState(options);
    for (const language in panes) this.panes[language].hold(panes[language].held, panes[language].own);
    [this.source, this.#pair, this.#before] = [source, pair, undefined];
    this.#schedule(0, true);
  }

  redo() { this.undo(this.future, this.past); }

  isStale({ own }) { return !own && !["checking", "done"].includes(this.phase); } // a result of an older text

  #takeSnapshot() {
    const [json, xml] = [this.panes.json, this.panes.xml].map(({ held, own }) => ({ held, own }));
    return { panes: { json, xml }, source: this.source, pair: this.#pair, options: writeState() };
  }

  #isOwn(language) { return this.panes[language].own && !isEmpty(this.panes[language].held); }

  // Let a replacement be undone. What replaces both panes is undone in one step.
  #keep(snapshot, language) {
    const last = this.past.at(-1);
    if (last?.snapshot === snapshot) return void last.panes.add(language);
    this.past = [...this.past, { snapshot, panes: new Set([language]) }].slice(-DEPTH);
    this.future = [];
  }

  #schedule(pause, restored = false) {
    this.#running.abort();
    clearTimeout(this.#timer);
    this.#enter("waiting");
    if (pause) this.#timer = window.setTimeout(() => this.#run(), pause);
    else this.#run(restored);
  }

  #enter(phase, facts = {}) {
    if (phase !== "waiting" && phase !== "converting") this.problem = undefined;
    Object.assign(this, { phase }, facts);
    this.render();
  }

  async #run(restored = false) {
    const source = this.source && this.panes[this.source];
    if (!source || isEmpty(source.held) || source.held.file) return this.#rest();
    const problem = this.#findProblem(source);
    if (problem) return this.#enter("stuck", { problem });
    // A result would replace at once what was just brought back. It follows again once something changes.
    if (restored && this.#isOwn(LANGUAGES[this.source].other)) return this.#rest();
    this.#running = new AbortController();
    const { signal } = this.#running;
    this.#enter("converting");
    try {
      const query = composeQuery(source.language, this.mapping);
      const result = await convert(source.language, source.held, query, signal);
      if (signal.aborted) return;
      this.#take(result);
      this.#enter("checking", { result, verdict: undefined });
      const verdict = await this.#check(source.language, source.held, result, signal);
      this.#enter("done", { verdict });
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Refusal)) throw error;
      this.#enter("stuck", { problem: error.problem });
    }
  }

  // There is nothing to convert, or not here, or not now.
  #rest() {
    for (const pane of Object.values(this.panes)) if (!pane.own) pane.hold(EMPTY, false);
    const held = this.source ? this.panes[this.source].held : EMPTY;
    if (isEmpty(held)) this.#pair = undefined;
    this.#enter(held.file ? "file" : "idle", { result: undefined, verdict: undefined });
  }

  // What can be told without the service.
  #findProblem({ language, held }) {
    const { name, other } = LANGUAGES[language];
    if (recognizeLanguage(held.text) !== other) return undefined;
    return { title: `This looks like ${LANGUAGES[other].name}`, detail: `It stands in the ${name} pane.`, way: "move" };
  }

  #take(result) {
    const target = LANGUAGES[this.source].other;
    if (this.#isOwn(target)) this.#keep(this.#before ?? this.#takeSnapshot(), target);
    this.panes[target].hold(result.document, false);
    this.#pair = result.mapping;
  }

  // Send a result back and compare what comes with the source.
  async #check(language, held, result, signal) {
    const { other } = LANGUAGES[language];
    if (result.document.bytes.length > LIMIT) return { kind: "unchecked", detail: "The result is too large to check." };
    const back = async (pretty) => {
      const query = composeQuery(other, result.mapping, pretty);
      const returned = await convert(other, result.document, query, signal);
      return compare(language, held.text, returned.document.text, signal);
    };
    try {
      const verdict = await back(false);
      return verdict.kind === "different" ? await back(true) : verdict; // in lines that can be looked at
    } catch (error) {
      if (signal.aborted || !(error instanceof Refusal)) throw error;
      return { kind: "unchecked", detail: `It was not checked. ${error.problem.detail}` };
    }
  }
}
