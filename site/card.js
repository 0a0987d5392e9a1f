/**
 * The card of a file in gzip or above what is converted at once: it goes through object storage, or by three commands.
 */

import { LANGUAGES, formatSize, rename } from "./documents.js";
import { composeLargeQuery, quote } from "./options.js";
import { announce, copyText, nameLosses, saveFile, writeProblem } from "./report.js";
import { Refusal, convertFile, writeUrl } from "./service.js";

const STEPS = ["upload", "conversion", "download"];

export class FileCard {
  #running = new AbortController();
  #file;
  #settled; // the query that was chosen when a result, a problem or the commands came

  constructor(pane, readMapping) {
    Object.assign(this, { pane, readMapping });
    this.root = pane.root.querySelector(".card");
    this.root.append(document.querySelector("#card").content.cloneNode(true));
    this.commands = this.#find("pre").textContent;
    this.offer = this.#find("[data-side=offer] p").textContent;
    this.#find("[data-act=convert]").append(LANGUAGES[LANGUAGES[pane.language].other].name);
    this.#when("convert", () => this.#convert());
    this.#when("cancel", () => {
      this.#running.abort();
      this.#turn("offer", "Cancelled. The file is still here.");
    });
    this.#when("copy", ({ currentTarget }) => copyText(this.#find("pre").textContent, currentTarget));
  }

  #find(selector) { return this.root.querySelector(selector); }
  #when(act, work) { this.#find(`[data-act=${act}]`).addEventListener("click", work); }
  get #query() { return composeLargeQuery(this.pane.language, this.readMapping(), this.#file); } // as is chosen now

  // Show the card of a file, or none. What came of a file makes way for the offer once something else is chosen.
  show(file) {
    if (file === this.#file && (!this.#settled || this.#settled === String(this.#query))) return;
    this.#running.abort();
    [this.#file, this.#settled] = [file, undefined];
    this.root.hidden = !file;
    this.pane.scroll.hidden = Boolean(file);
    if (!file) return;
    this.#find("h3").textContent = file.name;
    this.#find("h3 + p").textContent = formatSize(file.size);
    this.#turn("offer", this.offer);
  }

  // Show one side of the card.
  #turn(side, sentence) {
    const hadFocus = this.root.contains(document.activeElement);
    for (const each of this.root.querySelectorAll("[data-side]")) each.hidden = each.dataset.side !== side;
    const told = this.#find(`[data-side=${side}] p`);
    if (told && sentence) told.textContent = sentence;
    if (hadFocus) this.#find("h3").focus();
    if (told) announce(told.textContent);
  }

  async #convert() {
    this.#running = new AbortController();
    const { signal } = this.#running;
    this.#settled = undefined; // a choice that is made meanwhile stops nothing
    const query = this.#query;
    const name = rename(this.#file.name, LANGUAGES[this.pane.language].other, query);
    const words = { ADDRESS: writeUrl("conversions", query), NAME: quote(this.#file.name), RESULT: quote(name) };
    this.#find("pre").textContent = this.commands.replace(/\b(?:ADDRESS|NAME|RESULT)\b/g, (word) => words[word]);
    for (const bar of this.root.querySelectorAll("progress")) bar.value = 0;
    this.#turn("progress");
    try {
      const report = (step, done) => this.#report(step, done);
      this.#deliver(name, query, await convertFile(this.#file, query, report, signal));
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Refusal)) throw error;
      if (error.problem.way === "commands") this.#settle(query, "commands");
      else this.#settle(query, "offer", writeProblem(error.problem));
    }
  }

  // Show what came of a query. Where another was chosen meanwhile, the file is offered again at once.
  #settle(query, side, sentence) {
    this.#settled = String(this.#query);
    if (this.#settled === String(query)) this.#turn(side, sentence);
    else this.#turn("offer", sentence ? `${sentence} The mapping or its options have changed since.` : this.offer);
  }

  #report(step, done) {
    const bars = [...this.root.querySelectorAll("progress")];
    const current = STEPS.indexOf(step);
    for (const bar of bars.slice(0, current)) bar.value = 1;
    if (done === undefined) bars[current].removeAttribute("value");
    else bars[current].value = done;
  }

  #deliver(name, query, { result, mapping, losses }) {
    const lost = losses.length ? ` It leaves out ${nameLosses(losses)}.` : "";
    saveFile(result, name);
    this.#find("[data-act=save]").onclick = () => saveFile(result, name);
    this.#settle(query, "done", `Saved as ${name}, ${formatSize(result.size)}, by ${mapping}.${lost}`);
  }
}
