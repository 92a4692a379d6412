/** Asks the server for JSON. Tells apart what it refused, in words for the person, from what never arrived. */

/** The server said no: `code`, `fields` (field name → words) and the whole answer. */
export class Refused extends Error {
  /** @param {{ error?: string, message?: string, fields?: Record<string, string> }} answer @param {number} [status] */
  constructor(answer, status = 0) {
    super(answer.message ?? "");
    this.answer = answer;
    this.status = status;
    this.code = answer.error ?? "";
    this.fields = answer.fields ?? {};
  }
}

/** No answer: no network, a server that is down, or too slow. The same request may be sent again. */
export class Unreachable extends Error {}

/**
 * @param {string} url
 * @param {{ method?: string, body?: object, token?: string, headers?: Record<string, string>, milliseconds?: number, keepalive?: boolean }} [options] `keepalive` outlives the page
 * @returns {Promise<any>} the answer's JSON; rejects with Refused or Unreachable
 */
export async function ask(url, { method, body, token, headers, milliseconds = 15_000, keepalive = false } = {}) {
  const response = await reach(url, {
    method: method ?? (body ? "POST" : "GET"),
    headers: { Accept: "application/json", ...typeOf(body), ...bearer(token), ...headers },
    body: body && JSON.stringify(body),
    keepalive,
    signal: AbortSignal.timeout?.(milliseconds),
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw refusal(response.status, answer);
  return answer;
}

/** A proxy whose server is down answers in its own words. @param {number} status @param {any} answer */
function refusal(status, answer) {
  const down = [502, 503, 504].includes(status) && !answer.error;
  return down ? new Unreachable(String(status)) : new Refused(answer, status);
}

/** @param {string} url @param {RequestInit} init */
async function reach(url, init) {
  try {
    return await fetch(url, init);
  } catch (error) {
    throw new Unreachable(String(error));
  }
}

/** @param {object | undefined} body @returns {Record<string, string>} */
function typeOf(body) {
  return body ? { "Content-Type": "application/json" } : {};
}

/** @param {string | undefined} token @returns {Record<string, string>} */
function bearer(token) {
  return token ? { Authorization: `Bearer ${token}` } : {};
}
