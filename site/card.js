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

  constructor(pane, readMapping) {
    Object.assign(this, { pane, readMapping });
    this.root = pane.root.querySelector(".card");
    this.root.append(document.querySelector("#card").content.cloneNode(true));
    this.commands = this.#find("pre").textContent;
    this.#find("[data-act=convert]").append(LANGUAGES[LANGUAGES[pane.language].other].name);
    this.#when("convert", () => this.#convert());
    this.#when("cancel", () => this.#cancel());
    this.#when("copy", ({ currentTarget }) => copyText(this.#find("pre").textContent, currentTarget));
  }

  #find(selector) { return this.root.querySelector(selector); }
  #when(act, work) { this.#find(`[data-act=${act}]`).addEventListener("click", work); }

  // Show the card of a file, or none.
  show(file) {
    if (file === this.#file) return;
    this.#running.abort();
    this.#file = file;
    this.root.hidden = !file;
    this.pane.scroll.hidden = Boolean(file);
    if (!file) return;
    this.#find("h3").textContent = file.name;
    this.#find("h3 + p").textContent = formatSize(file.size);
    this.#turn("offer");
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

  #cancel() {
    this.#running.abort();
    this.#turn("offer", "Cancelled. The file is still here.");
  }

  async #convert() {
    this.#running = new AbortController();
    const { signal } = this.#running;
    const query = composeLargeQuery(this.pane.language, this.readMapping(), this.#file);
    const name = rename(this.#file.name, LANGUAGES[this.pane.language].other, query);
    const words = { ADDRESS: writeUrl("conversions", query), NAME: quote(this.#file.name), RESULT: quote(name) };
    this.#find("pre").textContent = this.commands.replace(/\b(?:ADDRESS|NAME|RESULT)\b/g, (word) => words[word]);
    for (const bar of this.root.querySelectorAll("progress")) bar.value = 0;
    this.#turn("progress");
    try {
      this.#deliver(name, await convertFile(this.#file, query, (...progress) => this.#report(...progress), signal));
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Refusal)) throw error;
      if (error.problem.way === "commands") this.#turn("commands");
      else this.#turn("offer", writeProblem(error.problem));
    }
  }

  #report(step, done) {
    const bars = [...this.root.querySelectorAll("progress")];
    const current = STEPS.indexOf(step);
    for (const bar of bars.slice(0, current)) bar.value = 1;
    if (done === undefined) bars[current].removeAttribute("value");
    else bars[current].value = done;
  }

  #deliver(name, { result, mapping, losses }) {
    const lost = losses.length ? ` It leaves out ${nameLosses(losses)}.` : "";
    saveFile(result, name);
    this.#find("[data-act=save]").onclick = () => saveFile(result, name);
    this.#turn("done", `Saved as ${name}, ${formatSize(result.size)}, by ${mapping}.${lost}`);
  }
}
