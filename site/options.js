/**
 * The mapping and its options: what the page shows of them, sends, and keeps in its address.
 */

import { LANGUAGES } from "./documents.js";
import { writeUrl } from "./service.js";

const root = document.querySelector(".settings");
const panel = root.querySelector("#options");
const fold = root.querySelector("#fold");
const mappings = root.querySelectorAll("[name=mapping]");
const fields = root.querySelectorAll(".field input, .field select");

export const chosenMapping = () => [...mappings].find((choice) => choice.checked)?.value ?? "auto";

export function chooseMapping(mapping) {
  for (const choice of mappings) choice.checked = choice.value === mapping;
  showOptions();
  writeAddress();
}

const fieldOf = (name) => [...fields].find((field) => field.name === name);
const labelOf = (field) => field.closest(".field");
const readValue = (field) => (field.type === "checkbox" ? String(field.checked) : field.value);
const writeValue = (field, value) =>
  Object.assign(field, field.type === "checkbox" ? { checked: value === "true" } : { value });

// The value that the page starts with.
const initialValue = ({ options, type, defaultChecked, defaultValue }) =>
  options ? [...options].find((option) => option.defaultSelected).value
  : type === "checkbox" ? String(defaultChecked) : defaultValue;

// Whether an option has a meaning for a mapping, on the way from a language. JSON Lines bring options, and take one.
function applies(field, from, mapping) {
  const { toXml, toJson, needs, excludes } = labelOf(field).dataset;
  if (needs && !fieldOf(needs).checked) return false;
  if (excludes && fieldOf(excludes).checked && from === "xml" && mapping === "natural") return false;
  return (from === "json" ? toXml : toJson).split(" ").includes(mapping);
}

// The query for a conversion: the mapping, and the options that are shown, apply, and differ from the service's own.
export function composeQuery(from, mapping, pretty = true) {
  const query = new URLSearchParams();
  const shown = chosenMapping() === "auto" ? "auto" : mapping; // whatever the choice comes to
  if (mapping !== (from === "json" ? "item" : "auto")) query.set("mapping", mapping);
  for (const field of fields) {
    const usual = labelOf(field).dataset.serviceDefault ?? initialValue(field);
    const wanted = applies(field, from, shown) && (pretty || field.name !== "indent");
    if (wanted && readValue(field) !== usual) query.set(field.name, readValue(field));
  }
  return query;
}

// Show what applies to the chosen mapping.
function showOptions() {
  const mapping = chosenMapping();
  root.querySelector("[name=mapping]:checked").scrollIntoView({ block: "nearest", inline: "center" });
  for (const rule of root.querySelectorAll("[data-mapping]")) rule.hidden = rule.dataset.mapping !== mapping;
  const isShown = (field) => applies(field, "json", mapping) || applies(field, "xml", mapping);
  for (const field of fields) labelOf(field).hidden = !isShown(field);
  fold.hidden = !panel.querySelector(".field:not([hidden])");
  panel.hidden = fold.hidden || fold.ariaExpanded !== "true";
}

// Say at an option what is wrong with it. Without one there is nothing to say any more.
export function tellOption(parameter, detail = "") {
  for (const field of fields) {
    const wrong = field.name === parameter;
    field.setAttribute("aria-invalid", String(wrong));
    labelOf(field).querySelector(".wrong").textContent = wrong ? detail : "";
    if (wrong && panel.contains(field) && panel.hidden) fold.click();
  }
  return parameter === undefined ? undefined : fieldOf(parameter);
}

// What differs from what the page starts with, for its address. The document is never part of it.
export function writeState() {
  const mapping = chosenMapping();
  const state = new URLSearchParams(mapping === "auto" ? "" : { mapping });
  for (const field of fields) {
    if (!labelOf(field).hidden && readValue(field) !== initialValue(field)) state.set(field.name, readValue(field));
  }
  return String(state);
}

function writeAddress() {
  const state = writeState();
  history.replaceState(null, "", state ? `#${state}` : location.pathname + location.search);
}

// Set the mapping and the options; a value that none of them takes leaves it as the page starts.
export function readState(text) {
  const state = new URLSearchParams(text);
  for (const field of fields) {
    writeValue(field, state.get(field.name) ?? initialValue(field));
    if (!field.checkValidity() || (field.options && !field.value)) writeValue(field, initialValue(field));
  }
  const choice = [...mappings].find(({ value }) => value === state.get("mapping"));
  chooseMapping(choice?.value ?? "auto");
}

// What the page does, as a command for a shell.
export function writeCommand(from, mapping, name) {
  const url = new URL(writeUrl(LANGUAGES[from].route, composeQuery(from, mapping)), location.href);
  return `curl --compressed --data-binary ${quote(`@${name ?? `document.${from}`}`)} ${quote(url.href)}`;
}

// The query for a document of any size: in sorted order, for curl signs no other.
export function composeLargeQuery(from, mapping, file) {
  const query = composeQuery(from, mapping, from === "json"); // a stream to JSON has no layout
  query.set("bytes", file.size);
  query.set("to", LANGUAGES[from].other);
  query.sort();
  return query;
}

export const quote = (text) => (/^[\w@./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

// Whenever one of them changes, `act` is told whether it was the mapping, and whether somebody is typing.
export function watchOptions(act) {
  root.addEventListener("input", ({ target }) => {
    showOptions();
    writeAddress();
    act(target.name === "mapping", target.type === "text");
  });
  fold.addEventListener("click", () => {
    fold.ariaExpanded = String(panel.hidden);
    showOptions();
  });
  window.addEventListener("hashchange", () => {
    readState(location.hash.slice(1));
    act(true, false);
  });
}
