/**
 * The service: a document goes out, and a conversion or a problem comes back.
 *
 * @typedef {{document: Held, mapping: string, losses: string[], milliseconds: number}} Conversion
 * @typedef {object} Problem why there is no conversion, in the words of the service's problem document where there is one
 * @property {string} title
 * @property {string} detail
 * @property {number} [line] @property {number} [column] @property {string} [pointer] @property {string} [path]
 * @property {string} [code] @property {string} [parameter] @property {string} [request] the id that finds it in the logs
 * @property {number} [wait] seconds until another try makes sense; without it, none does
 * @property {"move" | "large" | "natural"} [way] what else the page can do about it
 */

import { LANGUAGES, LIMIT, formatSize, rename, toBytes } from "./documents.js";

export class Refusal extends Error {
  constructor(problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

// Send a document through the service. Raises Refusal, or what aborting raises.
export async function convert(language, held, query, signal) {
  const { route, type, other } = LANGUAGES[language];
  const body = toBytes(held);
  if (body.length > LIMIT) throw new Refusal(describeLarge(body.length));
  const started = performance.now();
  const { response, bytes } = await send(writeUrl(route, query), { method: "POST", body, headers: { "Content-Type": type }, signal });
  const mapping = response.headers.get("Crosswalk-Mapping");
  if (!response.ok || !mapping) throw new Refusal(readProblem(response, new TextDecoder().decode(bytes)));
  return {
    document: { text: new TextDecoder().decode(bytes), bytes, name: rename(held.name, other) },
    mapping,
    losses: response.headers.get("Crosswalk-Loss")?.split(/\s*,\s*/) ?? [],
    milliseconds: Math.max(1, Math.round(performance.now() - started)),
  };
}

export const writeUrl = (route, query) => (String(query) ? `${route}?${query}` : route);

export function describeLarge(size) {
  return {
    title: "The document is too large",
    detail: `It has ${formatSize(size)}; what is converted at once may have ${formatSize(LIMIT)}.`,
    way: "large",
  };
}

async function send(url, request) {
  try {
    const response = await fetch(url, request);
    return { response, bytes: new Uint8Array(await response.arrayBuffer()) };
  } catch (error) {
    if (request.signal.aborted) throw error;
    throw new Refusal(UNREACHABLE);
  }
}

const UNREACHABLE = {
  title: "The service could not be reached",
  detail: "Look at the connection. Your document is still here.",
  wait: 0,
};

// What an answer's status means where the service itself could not say so; each keeps the document.
const STATUSES = {
  413: { title: "The document is too large", detail: "The service did not take it.", way: "large" },
  429: { title: "The service is busy", detail: "It gets more requests than it takes. Your document is still here." },
  502: { title: "The service broke off", detail: "Something failed on the way. Your document is still here." },
  503: { title: "The service is away", detail: "It should be back soon. Your document is still here." },
  504: { title: "The service took too long", detail: "It gave up on this request. Your document is still here." },
};

const FOREIGN = {
  title: "This is not the service’s answer",
  detail: "A login page or a proxy may stand between: open this page in another tab, then try again.",
  wait: 0,
};

// Why an answer is no conversion.
function readProblem(response, body) {
  const { status, headers } = response;
  const said = headers.get("Content-Type")?.startsWith("application/problem+json") ? parseProblem(body) : undefined;
  if (status === 429 || status >= 500) {
    const usual = STATUSES[status] ?? { title: `The service answered ${status}`, detail: "Your document is still here." };
    const wait = readWait(headers.get("Retry-After"));
    return { ...usual, wait, request: headers.get("X-Request-Id") ?? undefined };
  }
  if (status === 413) return { ...STATUSES[413], ...said, way: "large" };
  if (status === 422 && said) return { ...said, way: "natural" };
  return said ?? FOREIGN;
}

// The problem document of an answer, if it is one.
function parseProblem(body) {
  try {
    const said = JSON.parse(body);
    if (typeof said.title !== "string" || typeof said.detail !== "string") return undefined;
    return { ...said, detail: said.detail.replace(/[^.]$/, "$&.") };
  } catch {
    return undefined;
  }
}

// The seconds that Retry-After names, as a number or as a date.
function readWait(retryAfter) {
  const seconds = Number(retryAfter ?? NaN) || (Date.parse(retryAfter ?? "") - Date.now()) / 1000;
  return Math.max(0, Math.ceil(seconds) || 0);
}

/* Documents above LIMIT go through object storage */

/**
 * @typedef {{step: "upload" | "conversion" | "download", done?: number}} Progress `done` from 0 to 1, where it is known
 * @typedef {{result: Blob, mapping: string, losses: string[]}} Delivery
 */

// The service does not let this page convert large documents; the shell still can.
export class NotOffered extends Error {}

const POLL = 2000;

// Convert a file of any size. Raises NotOffered, Refusal, or what aborting raises.
export async function convertFile(language, file, options, report, signal) {
  const query = new URLSearchParams({ bytes: String(file.size), ...Object.fromEntries(options), to: LANGUAGES[language].other });
  report({ step: "upload", done: 0 });
  const { id, upload } = await ask(`conversions?${query}`, { method: "POST", signal });
  await transfer("PUT", upload, file, (done) => report({ step: "upload", done }), signal);
  report({ step: "conversion" });
  const { result, mapping, losses } = await waitFor(id, file.size, report, signal);
  report({ step: "download", done: 0 });
  const blob = await transfer("GET", result, undefined, (done) => report({ step: "download", done }), signal);
  return { result: blob, mapping: mapping ?? "", losses: losses ?? [] };
}

async function waitFor(id, size, report, signal) {
  for (;;) {
    const state = await ask(`conversions/${encodeURIComponent(id)}`, { signal });
    if (state.status === "done") return state;
    if (state.status === "failed") throw new Refusal(state.problem ?? FOREIGN);
    report({ step: "conversion", done: state.bytes_in ? state.bytes_in / size : undefined });
    await new Promise((resolve) => setTimeout(resolve, POLL));
    signal.throwIfAborted();
  }
}

async function ask(url, request) {
  const { response, bytes } = await send(url, request);
  const body = new TextDecoder().decode(bytes);
  if ([403, 404, 405].includes(response.status)) throw new NotOffered();
  if (!response.ok) throw new Refusal(readProblem(response, body));
  try {
    return JSON.parse(body);
  } catch {
    throw new Refusal(FOREIGN);
  }
}

// Send or fetch much, and say how far it is: fetch cannot tell that of an upload.
function transfer(method, url, body, report, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    request.responseType = "blob";
    const moving = body ? request.upload : request;
    moving.onprogress = ({ loaded, total }) => report(total ? loaded / total : 0);
    request.onload = () => (request.status < 300 ? resolve(request.response) : reject(new Refusal(STATUSES[502])));
    request.onerror = () => reject(new Refusal(UNREACHABLE));
    request.onabort = () => reject(signal.reason);
    signal.addEventListener("abort", () => request.abort());
    request.send(body);
  });
}
