/**
 * The loader: puts widgets where their script tags stand. The server calls it with a few words in the visitor's language.
 * @param {Record<"lang" | "dir" | "open" | "close" | "absent" | "window", string>} words
 */
function loader({ lang, dir, ...words }) {
  const page = /** @type {any} */ (window);
  const early = page.Konsulto || [];
  const listeners = /** @type {any[]} */ ([]);
  const seen = new WeakSet();
  const widgets = /** @type {any[]} */ ([]);
  const people = /** @type {any} */ ({});

  function create(tag = "", style = "", attributes = /** @type {any} */ ({}), text = "") {
    const element = /** @type {any} */ (document.createElement(tag));
    element.style.cssText = style;
    for (const name in attributes) element.setAttribute(name, attributes[name]);
    element.textContent = text;
    return element;
  }

  /** In the page, as high as its content; fetched when in view. */
  class Widget {
    mode = "inline";
    met = false;
    timer = 0;
    holder = create("div");
    hint = create("p", "padding:1em", { role: "status", lang, dir }, `${words.absent} `);

    /** @param {any} script */
    constructor(script) {
      const { widget, department, locale, label, title, identity } = script.dataset;
      this.widget = widget;
      if (identity) people[widget] = identity;
      this.title = title;
      this.label = label || words.open;
      this.url = new URL(`w/${widget}`, script.src);
      for (const [name, value] of [["lang", locale || script.closest("[lang]")?.lang], ["department", department]])
        if (value) this.url.searchParams.set(name, value);
      this.hint.append(create("a", "", { href: this.url, target: "_blank" }, words.window));
      this.frame = create("iframe", "width:100%;height:480px;min-height:0;border:0;flex:auto", {
        title: title || this.label,
        allow: "camera; microphone; display-capture; fullscreen; autoplay",
        referrerpolicy: "strict-origin",
      });
      this.stand(script);
    }

    /** @param {any} script */
    stand(script) {
      this.holder.append(this.frame);
      script.after(this.holder);
      new IntersectionObserver((looks, observer) => {
        if (!looks.some((look) => look.isIntersecting)) return;
        observer.disconnect();
        this.load();
      }).observe(this.holder);
    }

    load() {
      if (this.frame.src) return;
      this.frame.onload = () => this.greet();
      this.frame.src = this.url;
      this.expect(20);
    }

    greet() {
      this.met = true;
      this.expect(9);
      this.send("resume", this.keep());
      this.identity().then(() => this.send("hello", this.mode));
    }

    /** Who is signed in on the page: signed words, or what fetches them. */
    async identity() {
      const who = people[this.widget];
      try {
        this.send("identity", who?.call ? await who() : who);
      } catch {
        this.send("identity");
      }
    }

    /** What the widget wants to find again on the site's next page; nothing before the first message. */
    keep(word = "?") {
      const name = `konsulto:${this.widget}`;
      try {
        if (word === "?") return sessionStorage[name];
        if (word) sessionStorage[name] = word;
        else delete sessionStorage[name];
      } catch {
        // A page without storage forgets.
      }
    }

    expect(seconds = 0) {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.miss(), seconds * 1000);
    }

    /** Not allowed here, or the server is down. */
    miss() {
      this.frame.before(this.hint);
      this.frame.style.display = "none";
      this.event({ event: "error", reason: "blocked" });
    }

    send(konsulto = "", value = "") {
      if (this.met) this.frame.contentWindow.postMessage({ konsulto, value }, this.url.origin);
    }

    ready(title = "") {
      clearTimeout(this.timer);
      this.hint.remove();
      this.frame.style.display = "";
      this.frame.title = this.title || title;
      this.event("ready");
    }

    height(height = 0) {
      if (height > 0) this.frame.style.height = `${Math.min(height, 20000)}px`;
    }

    event(/** @type {any} */ told) {
      if (!told.event) told = { event: told };
      for (const [name, listener] of listeners) if (name === told.event) listener({ version: 1, widget: this.widget, ...told });
    }

    open() {
      this.load();
      this.holder.scrollIntoView();
    }

    destroy() {
      clearTimeout(this.timer);
      this.holder.remove();
    }
  }

  /** Behind a button, in the page or floating; fetched when pressed. */
  class Panel extends Widget {
    mode = "shut";

    /** @param {any} script */
    stand(script) {
      const { display, label, brand = "#0b6e6e" } = script.dataset;
      const control = "min-height:44px;padding:0 24px;border:1px solid #0000;font:600 max(1rem,16px) system-ui;cursor:pointer;";
      const corner = "position:fixed;inset:auto;inset-block-end:0;inset-inline-end:0;z-index:2147483000;";
      this.floats = display === "floating";
      const [round, size] = this.floats
        ? [`${corner}margin:24px;border-radius:99px`, `${corner}margin:0;width:420px;height:680px;border-radius:16px 16px 0 0;box-shadow:0 0 24px #0004`]
        : ["border-radius:10px", "width:680px;border-radius:16px"];

      this.button = create("button", `${control}color:#fff;background:${brand};${round}`, { part: "button", "aria-haspopup": "dialog" }, this.label);
      if (!label) Object.assign(this.button, { lang, dir });
      this.said = create("p", "position:absolute;clip-path:inset(50%)", { role: "status", lang, dir });
      this.button.onclick = () => this.open();

      const close = create("button", `${control}margin:4px;align-self:end;color:inherit;background:none`, { part: "close", lang, dir }, words.close);
      close.onclick = () => this.close();

      const column = create("div", "display:flex;flex-flow:column;height:100%;max-height:100vh");
      column.append(close, this.frame);

      this.dialog = create("dialog", `box-sizing:border-box;padding:0;max-width:100%;max-height:100%;border:1px solid #8888;overflow:hidden;${size}`, { part: "panel", "aria-label": this.label });
      this.dialog.append(column);
      this.dialog.onclose = () => this.closed();
      this.dialog.onkeydown = (/** @type {any} */ { key }) => {
        if (key === "Escape") this.close();
      };

      this.holder.attachShadow({ mode: "open" }).append(this.button, this.said, this.dialog);
      if (this.floats) document.body.append(this.holder);
      else script.after(this.holder);
      if (this.keep()) this.load();
    }

    height(height = 0) {
      if (!this.floats) super.height(height);
    }

    unread({ n = 0, words: said = "" }) {
      this.count = n;
      this.said.textContent = said;
      this.draw();
    }

    state(said = "") {
      this.words = said;
      this.draw();
    }

    /** The label, how it stands, how many wait: seen and heard. */
    draw() {
      const told = [this.label, this.words || []].flat();
      this.button.textContent = told.join(" · ");
      if (this.count) this.button.append(create("b", "margin:0 8px;padding:0 8px;border-radius:99px;background:#fff;color:#000", { part: "unread" }, `${this.count}`));
      this.button.setAttribute("aria-label", told.concat(this.said.textContent || []).join(", "));
    }

    /** Again: as on the page before, which takes the keyboard from nobody. */
    open(again = "") {
      if (this.dialog.open) return;
      this.mode = "panel";
      this.load();
      this.dialog[this.floats ? "show" : "showModal"]();
      if (again) this.dialog.firstChild.firstChild.blur();
      this.button.hidden = this.floats;
      this.send("open");
      this.event("opened");
    }

    close() {
      this.dialog.close();
    }

    closed() {
      this.mode = "shut";
      this.button.hidden = false;
      this.button.focus();
      this.send("close");
      this.event("closed");
    }
  }

  function placed(id = "") {
    return widgets.filter((one) => one.holder.isConnected && (!id || one.widget === id));
  }

  const api = /** @type {Record<string, (...values: any[]) => void>} */ ({
    on: (...listener) => listeners.push(listener),
    identify: (id, who) => void (people[id] = who),
    open: (id) => (placed(id).find((one) => one.close) || placed(id)[0])?.open(),
    close: (id) => placed(id).forEach((one) => one.close?.()),
    destroy: (id) => placed(id).forEach((one) => one.destroy()),
    push: (...calls) => calls.forEach((call) => call(api)),
    scan() {
      for (const script of /** @type {any} */ (document.querySelectorAll("script[data-widget]"))) {
        if (!script.src || seen.has(script)) continue;
        seen.add(script);
        widgets.push(new (/button|floating/.test(script.dataset.display) ? Panel : Widget)(script));
      }
    },
  });

  // Every tag runs this file.
  if (early.scan) return early.scan();
  page.Konsulto = api;
  addEventListener("message", ({ source, origin, data }) => {
    const from = widgets.find((one) => source && source === one.frame.contentWindow && origin === one.url.origin);
    if (/^(ready|height|unread|state|keep|identity|event|open|close)$/.test(data?.konsulto)) from?.[data.konsulto]?.(data.value);
  });
  if (document.body) api.scan();
  else addEventListener("DOMContentLoaded", api.scan);
  return api.push(...early);
}
