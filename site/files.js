/**
 * A document above what is converted at once, as a card in its pane: it goes through object storage, or by hand.
 */

import { LANGUAGES, formatSize, rename } from "./documents.js";
import { composeLargeQuery, writeLargeCommands } from "./options.js";
import { announce, button, copyText, element, saveFile } from "./report.js";
import { NotOffered, Refusal, convertFile } from "./service.js";

const STEPS = { upload: "Upload", conversion: "Conversion", download: "Download" };
const OFFER = "It is too large to show here. It goes to the service as a file, and the result comes back as one.";
const SIGNED = `This page may not send it: such requests are signed. These three commands do the same. The first asks for
a place, the second fills it, the third fetches the result once it is done.`;

export class FileCard {
  #running = new AbortController();
  #file;

  constructor(pane, readMapping) {
    this.pane = pane;
    this.readMapping = readMapping;
    this.root = pane.root.querySelector(".card");
  }

  // Show the card of a file, or none.
  show(file) {
    if (file === this.#file) return;
    this.#running.abort();
    this.#file = file;
    this.root.hidden = !file;
    this.pane.scroll.hidden = Boolean(file);
    if (file) this.#offer(OFFER);
  }

  #offer(sentence) {
    const { name } = LANGUAGES[LANGUAGES[this.pane.language].other];
    this.#fill(element("p", {}, sentence), button(`Convert to ${name}`, () => this.#convert()));
  }

  #fill(...content) {
    const hadFocus = this.root.contains(document.activeElement);
    const { name, size } = this.#file;
    const title = element("h3", { tabIndex: -1 }, name, " ", element("span", {}, formatSize(size)));
    this.root.replaceChildren(title, ...content);
    if (hadFocus) title.focus();
  }

  async #convert() {
    this.#running = new AbortController();
    const { signal } = this.#running;
    const query = composeLargeQuery(this.pane.language, this.readMapping(), this.#file);
    try {
      this.#deliver(await convertFile(this.#file, query, this.#showProgress(), signal));
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof NotOffered) this.#showCommands(query);
      else if (error instanceof Refusal) this.#offer(`${error.problem.title}: ${error.problem.detail}`);
      else throw error;
    }
  }

  #showProgress() {
    const bars = Object.values(STEPS).map((name) => element("progress", { value: 0, max: 1, ariaLabel: name }));
    const rows = bars.map((bar) => element("li", {}, element("span", {}, bar.ariaLabel), bar));
    const cancel = button("Cancel", () => {
      this.#running.abort();
      this.#offer("Cancelled. The file is still here.");
    });
    this.#fill(element("ul", {}, ...rows), cancel);
    return (step, done) => {
      const current = Object.keys(STEPS).indexOf(step);
      for (const bar of bars.slice(0, current)) bar.value = 1;
      if (done === undefined) bars[current].removeAttribute("value");
      else bars[current].value = done;
      announce(`${STEPS[step]} of ${this.#file.name}.`);
    };
  }

  #deliver({ result, mapping, losses }) {
    const name = rename(this.#file.name, LANGUAGES[this.pane.language].other);
    const lost = losses.length ? ` It leaves out: ${losses.join(", ")}.` : "";
    const done = `Saved as ${name}, ${formatSize(result.size)}, by ${mapping}.${lost}`;
    saveFile(result, name);
    this.#fill(element("p", {}, done), button("Save again", () => saveFile(result, name)));
    announce(done);
  }

  #showCommands(query) {
    const commands = writeLargeCommands(this.pane.language, query, this.#file.name);
    const copy = button("Copy commands", () => copyText(commands, copy));
    this.#fill(element("p", {}, SIGNED), element("pre", { tabIndex: 0, ariaLabel: "Commands" }, commands), copy);
    announce(SIGNED);
  }
}
