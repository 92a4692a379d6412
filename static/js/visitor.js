/** A visitor's session with a widget: a bearer token, fetched when it is first needed and renewed when it has ended. */
import { Refused, Unreachable, ask } from "./ask.js";

/** The id of the widget that this page shows. */
export function widgetKey() {
  const meta = /** @type {HTMLMetaElement | null} */ (document.querySelector("meta[name=konsulto-widget]"));
  return meta?.content ?? "";
}

export class Visitor {
  /** @type {Promise<string> | undefined} */
  #token;

  /**
   * @param {string} [widget] @param {string} [known] the token of an earlier page of this visitor
   * @param {() => Promise<object>} [bring] what else a session begins with
   */
  constructor(widget = widgetKey(), known = "", bring = async () => ({})) {
    this.bring = bring;
    this.place = `/w/${encodeURIComponent(widget)}`;
    if (known) this.#token = Promise.resolve(known);
  }

  /** @returns {Promise<string>} */
  token() {
    this.#token ??= this.#begin();
    return this.#token;
  }

  /** @param {string} token of an earlier page */
  know(token) {
    this.#token = Promise.resolve(token);
  }

  /** Begins anew: the server does not take the token any more. @param {string} old */
  async renew(old) {
    if ((await this.#token?.catch(() => old)) === old) this.#token = this.#begin(old);
    return this.token();
  }

  /**
   * @param {string} path below the widget's address
   * @param {Parameters<typeof ask>[1]} [options]
   */
  async ask(path, options = {}) {
    const token = await this.token();
    try {
      return await ask(this.place + path, { ...options, token });
    } catch (error) {
      if (!(error instanceof Refused) || error.code !== "session_expired") throw error;
      return ask(this.place + path, { ...options, token: await this.renew(token) });
    }
  }

  /** @param {string} path below the widget's address @returns {Promise<Blob>} */
  async file(path) {
    const headers = { Authorization: `Bearer ${await this.token()}` };
    const response = await fetch(this.place + path, { headers });
    if (!response.ok) throw new Unreachable(String(response.status));
    return response.blob();
  }

  /** @param {string} [old] keeps the visitor's name where it is still good */
  #begin(old) {
    const locale = document.documentElement.lang;
    const begun = this.bring().then((more) => ask(`${this.place}/session`, { body: { locale, ...more }, token: old }));
    const token = begun.then((answer) => answer.token);
    token.catch(() => (this.#token = undefined));
    return token;
  }
}
