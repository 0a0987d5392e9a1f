/**
 * A document above what is converted at once, as a card in its pane: it goes through object storage, or by hand.
 *
 */

import { LANGUAGES, formatSize } from "./documents.js";
import { composeQuery, writeLargeCommands } from "./options.js";
import { announce, button, element } from "./report.js";
import { NotOffered, Refusal, convertFile } from "./service.js";

const STEPS = { upload: "Upload", conversion: "Conversion", download: "Download" };

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
    if (file) this.#offer(file);
  }

  #offer(file, sentence = "It is too large to show here. It goes to the service as a file, and the result comes back as one.") {
    const to = LANGUAGES[LANGUAGES[this.pane.language].other].name;
    this.#fill(file, element("p", {}, sentence), button(`Convert to ${to}`, () => this.#convert(file)));
  }

  #fill(file, ...content) {
    const hadFocus = this.root.contains(document.activeElement);
    const title = element("h3", { tabIndex: -1 }, file.name, " ", element("span", {}, formatSize(file.size)));
    this.root.replaceChildren(title, ...content);
    if (hadFocus) title.focus();
  }

  async #convert(file) {
    this.#running = new AbortController();
    const { signal } = this.#running;
    const { language } = this.pane;
    const options = composeQuery(language, this.readMapping());
    if (language === "xml") options.delete("indent"); // which a stream to JSON does not have
    const report = this.#showProgress(file);
    try {
      this.#deliver(file, await convertFile(language, file, options, report, signal));
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof NotOffered) this.#showCommands(file);
      else if (error instanceof Refusal) this.#offer(file, `${error.problem.title}: ${error.problem.detail}`);
      else throw error;
    }
  }

  #showProgress(file) {
    const bars = Object.values(STEPS).map((name) => element("progress", { value: 0, max: 1, ariaLabel: name }));
    const rows = bars.map((bar) => element("li", {}, element("span", {}, bar.ariaLabel ?? ""), bar));
    const cancel = button("Cancel", () => {
      this.#running.abort();
      this.#offer(file, "Cancelled. The file is still here.");
    });
    this.#fill(file, element("ul", {}, ...rows), cancel);
    return ({ step, done }) => {
      const current = Object.keys(STEPS).indexOf(step);
      for (const [at, bar] of bars.entries()) {
        if (at < current) bar.value = 1;
        else if (at === current && done === undefined) bar.removeAttribute("value");
        else if (at === current) bar.value = done ?? 0;
      }
      announce(`${STEPS[step]} of ${file.name}.`);
    };
  }

  #deliver(file, { result, mapping, losses }) {
    const name = `${file.name.replace(/\.[^.]*$/, "")}.${LANGUAGES[this.pane.language].other}`;
    saveFile(result, name);
    const lost = losses.length ? ` It leaves out: ${losses.join(", ")}.` : "";
    const done = `Saved as ${name}, ${formatSize(result.size)}${mapping && `, by ${mapping}`}.${lost}`;
    this.#fill(file, element("p", {}, done), button("Save again", () => saveFile(result, name)));
    announce(done);
  }

  #showCommands(file) {
    const commands = writeLargeCommands(this.pane.language, this.readMapping(), file);
    const say = "This page may not send it, for such requests are signed. These three commands do the same; the first asks for a place, the second fills it, the third fetches the result once it is done:";
    const copy = button("Copy commands", () => copyText(commands, copy));
    this.#fill(file, element("p", {}, say), element("pre", { tabIndex: 0, ariaLabel: "Commands" }, commands), copy);
    announce(say);
  }
}

export function saveFile(blob, name) {
  const url = URL.createObjectURL(blob);
  element("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

// Copy a text, and say so on the button that did.
export async function copyText(text, told) {
  const label = [...told.childNodes];
  if (told.dataset.done) return;
  try {
    await navigator.clipboard.writeText(text);
    told.dataset.done = "true";
    told.replaceChildren("Copied");
    announce("Copied.");
  } catch {
    told.dataset.done = "false";
    told.replaceChildren("Not allowed");
    announce("The browser does not let this page copy: select the text, or save it.");
  }
  setTimeout(() => {
    told.replaceChildren(...label);
    delete told.dataset.done;
  }, 2000);
}
