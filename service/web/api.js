/** The routes of the service as functions; a route or field that it lacks is told, never passed over. */

import { askForKey, keyHeaders } from "./key.js";
import { readEvents } from "./stream.js";

/**
 * An answer that is no success: `status`, the problem's `detail`, and its fields at fault. Where there is
 * no answer, `cause` says which part is missing: "network" or "stream".
 */
export class Problem extends Error {
  /** @param {{status?: number, detail?: string, errors?: {field: string}[], cause?: string}} problem */
  constructor({ status = 0, detail = "", errors = [], cause = "" }) {
    super(detail, { cause });
    Object.assign(this, { status, errors });
  }

  /** True where the service has no such route. */
  get isUnknown() { return this.status === 404 || this.status === 405; }
}

const DETAILS = ["alignment", "confidence", "warnings", "protected"];

/**
 * Translates one text, and tells pieces as they come where the service streams.
 * @param {{q: string, source: string, target: string, alternatives?: number, stream?: boolean}} wanted
 * @param {{signal?: AbortSignal, hear?: (name: string, data: any) => void}} [options]
 * @returns {Promise<{answer: any, details: any, missing: string[], streamed: boolean}>} `missing` names the
 *   details that this service does not offer. Raises Problem.
 */
export async function translate(wanted, { signal, hear = () => {} } = {}) {
  const { response, missing } = await askForDetails({ stream: false, ...wanted }, signal);
  const streamed = response.headers.get("Content-Type").startsWith("text/event-stream");
  const answer = streamed ? await readAnswer(response.body, hear) : await response.json();
  return { answer, details: answer.translations[0], missing, streamed };
}

/**
 * What the model thinks of a given translation; raises Problem (404 where the service cannot score).
 * @returns {Promise<{alignment: any[], words: any[], warnings: any[], confidence: number|null}>}
 */
export async function score(wanted, signal) {
  const { segments, words, warnings, confidence } = await (await post("score", wanted, signal)).json();
  return { alignment: segments.flatMap((segment) => segment.alignment), words, warnings, confidence };
}

/**
 * The weights of a given translation; `method` is "attention" or "occlusion", whose progress `hear` is told
 * as `{done, total}` words where the service streams.
 */
export async function lookAt({ method, ...wanted }, signal, hear = () => {}) {
  const body = method === "occlusion" ? { ...wanted, method, stream: true } : wanted;
  const response = await post("attention-weights", body, signal);
  const isStream = response.headers.get("Content-Type").startsWith("text/event-stream");
  return isStream ? readAnswer(response.body, (name, data) => hear(data), "attention.done") : response.json();
}

/** Asks for every detail, and once more without those that the service refuses by name. */
async function askForDetails(wanted, signal) {
  try {
    return { response: await post("translate", { ...wanted, include: DETAILS }, signal), missing: [] };
  } catch (problem) {
    const missing = refusedDetails(problem);
    if (!missing.length) throw problem;
    const include = DETAILS.filter((name) => !missing.includes(name));
    return { response: await post("translate", { ...wanted, include }, signal), missing };
  }
}

function refusedDetails(problem) {
  if (problem.status !== 422 && problem.status !== 400) return [];
  const places = problem.errors.map((error) => /^include\[(\d+)\]$/.exec(error.field)?.[1]);
  return places.includes(undefined) ? [] : places.map((place) => DETAILS[place]);
}

/** The whole answer of a stream, whose events are told on the way. */
async function readAnswer(body, hear, last = "translation.done") {
  for await (const { name, data } of readEvents(body)) {
    if (name === "error") throw new Problem(data);
    if (name === last) return data;
    hear(name, data);
  }
  throw new Problem({ detail: "the answer ended too early", cause: "stream" });
}

async function post(path, body, signal) {
  const accepted = { "Content-Type": "application/json", Accept: "application/json, text/event-stream" };
  const headers = { ...accepted, ...keyHeaders() };
  const request = { method: "POST", headers, body: JSON.stringify(body), signal };
  const response = await fetch(new URL(path, document.baseURI), request).catch(throwUnreachable);
  if (response.status === 401 || response.status === 403) askForKey();
  if (!response.ok) throw new Problem(await readProblem(response));
  return response;
}

function throwUnreachable(error) {
  throw error.name === "AbortError" ? error : new Problem({ detail: error.message, cause: "network" });
}

/** The problem document, or only the status where something between us and the service answered. */
async function readProblem(response) {
  const problem = await response.json().catch(() => ({ detail: response.statusText }));
  return { ...problem, status: response.status };
}
