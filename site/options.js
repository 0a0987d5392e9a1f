/**
 * The mapping and its options: what the page shows of them, sends, and keeps in its address.
 *
 * @typedef {HTMLInputElement | HTMLSelectElement} Field
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
  for (const choice of mappings) {
    choice.checked = choice.value === mapping;
    if (choice.checked) choice.scrollIntoView({ block: "nearest", inline: "center" });
  }
  showOptions();
  writeAddress();
}

const fieldOf = (name) => [...fields].find((field) => field.name === name);

const isBox = (field) => field instanceof HTMLInputElement && field.type === "checkbox";

const readValue = (field) => (isBox(field) ? String(field.checked) : field.value);

function writeValue(field, value) {
  const before = field.value;
  if (isBox(field)) field.checked = value === "true";
  else field.value = value;
  if (field.value !== value && !isBox(field)) field.value = before; // no option of the list
}

// The value that the page starts with.
function initialValue(field) {
  if (field instanceof HTMLSelectElement) return [...field.options].find((option) => option.defaultSelected)?.value ?? "";
  return field.type === "checkbox" ? String(field.defaultChecked) : field.defaultValue;
}

const labelOf = (field) => field.closest(".field");

// Whether an option has a meaning for a mapping, on the way from a language.
function applies(field, from, mapping) {
  const { toXml = "", toJson = "", needs, excludes } = labelOf(field).dataset;
  const isOn = (name) => readValue(fieldOf(name)) === "true";
  if (needs && !isOn(needs)) return false;
  if (from === "xml" && mapping === "natural" && excludes && isOn(excludes)) return false;
  return (from === "json" ? toXml : toJson).split(" ").includes(mapping);
}

// The query for a conversion: the mapping, and the options that are shown, apply, and differ from the service's own.
export function composeQuery(from, mapping, pretty = true) {
  const query = new URLSearchParams();
  const shown = chosenMapping() === "auto" ? "auto" : mapping;
  if (mapping !== (from === "json" ? "item" : "auto")) query.set("mapping", mapping);
  for (const field of fields) {
    const usual = labelOf(field).dataset.serviceDefault ?? initialValue(field);
    if (!applies(field, from, shown) || (field.name === "indent" && !pretty)) continue;
    if (readValue(field) !== usual) query.set(field.name, readValue(field));
  }
  return query;
}

// The first option that applies and cannot be meant so.
export function findInvalid(from, mapping) {
  const shown = chosenMapping() === "auto" ? "auto" : mapping;
  const invalid = [...fields].find((field) => applies(field, from, shown) && !field.checkValidity());
  return invalid && { parameter: invalid.name, detail: invalid.validationMessage };
}

// Show what applies to the chosen mapping.
export function showOptions() {
  const mapping = chosenMapping();
  for (const rule of root.querySelectorAll("[data-mapping]")) {
    rule.toggleAttribute("hidden", rule.getAttribute("data-mapping") !== mapping);
  }
  for (const field of fields) labelOf(field).hidden = !applies(field, "json", mapping) && !applies(field, "xml", mapping);
  fold.hidden = !panel.querySelector(".field:not([hidden])");
  panel.hidden = fold.hidden || fold.ariaExpanded !== "true";
}

function unfold(open) {
  fold.ariaExpanded = String(open);
  showOptions();
}

// Say at an option what is wrong with it. Without one there is nothing to say any more.
export function tellOption(parameter, detail = "") {
  for (const field of fields) {
    const wrong = field.name === parameter;
    field.setAttribute("aria-invalid", String(wrong));
    const place = labelOf(field).querySelector(".wrong");
    if (place) place.textContent = wrong ? detail : "";
    if (wrong && panel.contains(field)) unfold(true);
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

export function writeAddress() {
  const state = writeState();
  history.replaceState(null, "", state ? `#${state}` : location.pathname + location.search);
}

// Set the mapping and the options; a value that none of them takes leaves it as the page starts.
export function readState(text) {
  const state = new URLSearchParams(text);
  for (const field of fields) {
    writeValue(field, initialValue(field));
    const value = state.get(field.name);
    if (value === null) continue;
    writeValue(field, value);
    if (!field.checkValidity()) writeValue(field, initialValue(field));
  }
  const known = [...mappings].some(({ value }) => value === state.get("mapping"));
  chooseMapping(known ? String(state.get("mapping")) : "auto");
}

// What the page does, as a command for a shell.
export function writeCommand(from, mapping, name) {
  const url = new URL(writeUrl(LANGUAGES[from].route, composeQuery(from, mapping)), location.href);
  url.hash = "";
  return `curl --compressed --data-binary ${quote(`@${name ?? `document.${from}`}`)} ${quote(url.href)}`;
}

// The three commands that convert a file of any size.
export function writeLargeCommands(from, mapping, file) {
  const to = LANGUAGES[from].other;
  const query = new URLSearchParams([["bytes", String(file.size)], ...composeQuery(from, mapping), ["to", to]]);
  query.sort();
  const sign = '--aws-sigv4 "aws:amz:$AWS_REGION:execute-api" --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" --header "x-amz-security-token: $AWS_SESSION_TOKEN"';
  return [
    `curl -X POST "$API/conversions?${query}" ${sign} > conversion.json`,
    `curl --upload-file ${quote(file.name)} "$(jq -r .upload conversion.json)"`,
    `curl "$API/conversions/$(jq -r .id conversion.json)" ${sign} | jq -r .result | xargs curl --output ${quote(`${file.name}.${to}`)}`,
  ].join("\n");
}

const quote = (text) => (/^[\w@./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

// Call a function whenever the mapping or an option changes; it is told whether it was the mapping, and whether
// somebody is typing.
export function watchOptions(act) {
  root.addEventListener("input", ({ target }) => {
    if (!(target instanceof HTMLInputElement || target instanceof HTMLSelectElement)) return;
    showOptions();
    writeAddress();
    act(target.name === "mapping", target.type === "text");
  });
  fold.addEventListener("click", () => unfold(panel.hidden));
  window.addEventListener("hashchange", () => {
    readState(location.hash.slice(1));
    act(true, false);
  });
}
