/**
 * The service: a document goes out, and a conversion or a problem comes back.
 *
 * A problem is the service's problem document, or one like it: {title, detail, line, column, pointer, path, code,
 * parameter}. `request` is the id that finds it in the logs, `wait` the seconds until another try makes sense, `way`
 * what else can be done about it: "move", "large", "carry" or "commands".
 */

import { LANGUAGES, LIMIT, formatSize, readStream, rename, toBytes } from "./documents.js";

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
  if (body.length > LIMIT) throw new Refusal({ ...TOO_LARGE, detail: `It has ${formatSize(body.length)}.` });
  const started = performance.now();
  const sent = body.length > 1_000_000 ? new Blob([body]) : body; // fetch takes its time to copy many bytes
  const request = { method: "POST", body: sent, headers: { "Content-Type": type }, signal };
  const { response, bytes, text } = await send(writeUrl(route, query), request);
  const mapping = response.headers.get("Crosswalk-Mapping");
  if (!response.ok || !mapping) throw new Refusal(readProblem(response, text, query));
  return {
    document: { text, bytes, name: rename(held.name, other, query) },
    mapping,
    losses: response.headers.get("Crosswalk-Loss")?.split(/\s*,\s*/) ?? [],
    milliseconds: Math.max(1, Math.round(performance.now() - started)),
  };
}

// The query is written as AWS Signature Version 4 wants it, for curl signs what it is given.
export function writeUrl(route, query) {
  const written = String(query).replaceAll("+", "%20").replaceAll("*", "%2A").replaceAll("%7E", "~");
  return written ? `${route}?${written}` : route;
}

async function send(url, request) {
  try {
    const response = await fetch(url, request);
    return { response, ...(await readStream(response.body)) };
  } catch (error) {
    if (request.signal.aborted) throw error;
    throw new Refusal(UNREACHABLE);
  }
}

// What an answer means that is no conversion; each keeps the document.
const KEPT = "Your document is still here.";
const TOO_LARGE = { title: "The document is too large", detail: "The service did not take it.", way: "large" };
const UNREACHABLE = { title: "The service could not be reached", detail: `Look at the connection. ${KEPT}`, wait: 0 };
const FOREIGN = {
  title: "This is not the service’s answer",
  detail: "A login page or a proxy may stand between: open this page in another tab, then try again.",
  wait: 0,
};
const STATUSES = {
  429: { title: "The service is busy", detail: `It gets more requests than it takes. ${KEPT}` },
  502: { title: "The service broke off", detail: `Something failed on the way. ${KEPT}` },
  503: { title: "The service is away", detail: `It should be back soon. ${KEPT}` },
  504: { title: "The service took too long", detail: `It gave up on this request. ${KEPT}` },
};

function readProblem({ status, headers }, body, query) {
  const said = headers.get("Content-Type")?.startsWith("application/problem+json") ? parse(body) : undefined;
  if (status === 429 || status >= 500) {
    const usual = STATUSES[status] ?? { title: `The service answered ${status}`, detail: KEPT };
    return { ...usual, wait: readWait(headers.get("Retry-After")), request: headers.get("X-Request-Id") };
  }
  const isProblem = typeof said?.title === "string" && typeof said.detail === "string";
  if (status === 413) return { ...TOO_LARGE, ...(isProblem ? said : {}) };
  if (!isProblem) return FOREIGN;
  return status === 422 && !query?.has("lines") ? { ...said, way: "carry" } : said;
}

// What a body says in JSON, if it does.
function parse(body) {
  try {
    return JSON.parse(body) ?? undefined;
  } catch {
    return undefined;
  }
}

// The seconds that Retry-After names, as a number or as a date.
function readWait(retryAfter) {
  const seconds = Number(retryAfter ?? NaN) || (Date.parse(retryAfter ?? "") - Date.now()) / 1000;
  return Math.max(0, Math.ceil(seconds) || 0);
}

const POLL = 2000; // milliseconds
const DOWNLOADS = 5; // how often a result is tried to be fetched

// Convert a file of any size, through object storage. `report` is told the step and, where it is known, how much of it
// is done, from 0 to 1. Once the file is there, what passes is waited for. Raises Refusal, or what aborting raises.
export async function convertFile(file, query, report, signal) {
  const { id, upload } = await ask(writeUrl("conversions", query), { method: "POST", signal });
  await transfer("PUT", upload, file, (done) => report("upload", done), signal);
  const look = () => ask(`conversions/${encodeURIComponent(id)}`, { signal });
  const { mapping, losses = [] } = await waitFor(look, file.size, report, signal);
  const download = (address) => transfer("GET", address, undefined, (done) => report("download", done), signal);
  const result = await persist(async () => download((await look()).result), signal, DOWNLOADS);
  return { result, mapping, losses };
}

async function waitFor(look, size, report, signal) {
  for (;;) {
    const state = await persist(look, signal);
    if (state.status === "done") return state;
    if (state.status === "failed") throw new Refusal(state.problem ?? FOREIGN);
    report("conversion", state.bytes_in ? state.bytes_in / size : undefined);
    await pause(POLL, signal);
  }
}

// Try something again for as long as the service, or the way to it, is away.
async function persist(act, signal, times = Infinity) {
  for (let left = times; ; left--) {
    try {
      return await act();
    } catch (error) {
      const { wait, way } = error.problem ?? {};
      if (wait === undefined || way || left === 1) throw error;
      await pause(Math.max(POLL, 1000 * wait), signal);
    }
  }
}

async function pause(milliseconds, signal) {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  signal.throwIfAborted();
}

async function ask(url, request) {
  const { response, text } = await send(url, request);
  if (request.method && [403, 404, 405].includes(response.status)) throw new Refusal({ ...FOREIGN, way: "commands" });
  if (!response.ok) throw new Refusal(readProblem(response, text));
  const said = parse(text);
  if (!said) throw new Refusal(FOREIGN);
  return said;
}

// Send or fetch much, and say how far it is: fetch cannot tell that of an upload.
function transfer(method, url, body, report, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    request.responseType = "blob";
    (body ? request.upload : request).onprogress = ({ loaded, total }) => report(total ? loaded / total : undefined);
    const refuse = (problem) => reject(new Refusal({ ...problem, wait: 0 }));
    request.onload = () => (request.status < 300 ? resolve(request.response) : refuse(STATUSES[502]));
    request.onerror = () => refuse(UNREACHABLE);
    request.onabort = () => reject(signal.reason);
    signal.addEventListener("abort", () => request.abort());
    request.send(body);
  });
}
