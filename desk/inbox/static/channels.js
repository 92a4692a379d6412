/** The bar of channels: how each stands, the own place in it, and the dialog in which both are changed. */
import { clone, fill } from "/static/js/template.js";
import { dialog, live, now, perform, soon, times } from "/static/desk/desk.js";

/**
 * @typedef {{ id: number, name: string, internal: boolean, state: string, switch: string, congested: boolean,
 *   opens_at: string | null, until: string | null, automatic: boolean, i_am_present: boolean, expired: boolean, rings: boolean,
 *   repeats: number, mails: boolean, pushes: boolean, manages: boolean,
 *   changed: { at: string, state: string, rule: string, by: string, reason: string } | null }} Channel
 * @typedef {{ channel_id: number, state: string, non_urgent?: boolean }} Row a conversation of the list
 */

const MINUTE = 60_000;
const EDGES = { open: "is-on-time", congested: "is-waiting", closed: "" };
const list = element("channels");
const ofChannel = /** @type {HTMLSelectElement} */ (element("of-channel"));

export class Channels {
  /** @type {Channel[]} */
  all = [];
  /** @type {{ id: number, name: string }[]} where a conversation can be transferred to */
  targets = [];
  /** @type {Channel | undefined} */
  #chosen;

  /** @param {{ rows: Map<number, Row>, changed: () => void }} inbox */
  constructor({ rows, changed }) {
    this.rows = rows;
    this.changed = changed;
    this.#listen();
  }

  #listen() {
    const lookUp = soon(() => this.#lookUp(), 100);
    live.follow({ catchUp: () => this.#lookUp() });
    live.on("channel", lookUp);
    setInterval(lookUp, 60_000);
    ofChannel.addEventListener("change", this.changed);
    element("everywhere").addEventListener("click", () => void this.#everywhere());
    element("came-back").addEventListener("click", (event) => this.#comeBack(/** @type {HTMLElement} */ (event.target)));
    list.addEventListener("change", (event) => this.#switch(/** @type {HTMLInputElement} */ (event.target)));
    list.addEventListener("click", (event) => this.#click(/** @type {HTMLElement} */ (event.target)));
    dialog("settings").addEventListener("close", () => {
      if (dialog("settings").returnValue === "save" && this.#chosen) void this.#save(this.#chosen);
    });
  }

  async #lookUp() {
    const answer = await live.request("channels");
    ({ channels: this.all, targets: this.targets } = answer);
    this.#list();
    this.changed();
  }

  /** @param {number} id */
  find(id) {
    return this.all.find((channel) => channel.id === id);
  }

  /** The one that the list shows, if it shows only one. */
  get only() {
    return Number(ofChannel.value) || undefined;
  }

  /** Whether the list shows another channel only. @param {number} id */
  isOther(id) {
    return Boolean(ofChannel.value) && id !== Number(ofChannel.value);
  }

  #list() {
    const shown = new Map(items().map((item) => [Number(item.dataset.id), item]));
    list.append(...this.all.filter((channel) => !shown.has(channel.id)).map(newItem));
    for (const [id, item] of shown) if (!this.find(id)) item.remove();
    this.draw();
    element("no-channels").hidden = this.all.length > 0;
    element("everywhere").hidden = this.all.length < 2;
    element("everywhere").setAttribute("aria-pressed", String(this.all.every((channel) => channel.i_am_present)));
    const ended = this.all.filter((channel) => channel.expired).map((channel) => channel.name);
    fill(element("came-back"), { ended: { values: { names: ended.join(", ") } } });
    element("came-back").hidden = !ended.length;
    this.#offer();
  }

  draw() {
    for (const item of items()) this.#put(item);
  }

  /** @param {HTMLElement} item */
  #put(item) {
    const channel = this.find(Number(item.dataset.id));
    if (!channel) return;
    const waiting = [...this.rows.values()].filter((row) => row.channel_id === channel.id && row.state === "new" && !row.non_urgent).length;
    fill(item, {
      state: { when: channel.state, class: `k-badge ${EDGES[/** @type {keyof EDGES} */ (channel.state)]}` },
      name: channel.name,
      waiting: waiting ? { values: { n: waiting } } : null,
      settings_name: channel.name,
      switch_name: channel.name,
    });
    fill(item, {
      automatic: channel.automatic, deaf: !channel.rings && !channel.mails && !channel.pushes,
      rings: channel.rings, mails: channel.mails, pushes: channel.pushes,
    });
    const box = /** @type {HTMLInputElement} */ (item.querySelector("[data-act=present]"));
    box.checked = channel.i_am_present;
  }

  #offer() {
    const known = new Set([...ofChannel.options].map((option) => option.value));
    for (const { id, name } of this.all) if (!known.has(String(id))) ofChannel.add(new Option(name, String(id)));
  }

  /** @param {HTMLInputElement} box */
  async #switch(box) {
    const channel = Number(box.closest("li")?.dataset.id);
    const on = box.checked;
    if (!(await perform("be_present", { channel, on }))) box.checked = !on;
  }

  async #everywhere() {
    const on = !this.all.every((channel) => channel.i_am_present);
    await perform("be_present_in_all", { on });
  }

  /** @param {HTMLElement} target */
  #comeBack(target) {
    const button = /** @type {HTMLElement | null} */ (target.closest("[data-back]"));
    if (button) void perform("come_back", { on: button.dataset.back === "yes" });
  }

  /** @param {HTMLElement} target */
  #click(target) {
    const button = target.closest("[data-act=settings]");
    this.#chosen = this.find(Number(button?.closest("li")?.dataset.id));
    if (button && this.#chosen) this.#openSettings(this.#chosen);
  }

  /** @param {Channel} channel */
  #openSettings(channel) {
    fill(dialog("settings"), {
      name: channel.name,
      kind: { when: channel.internal ? "internal" : "patients" },
      opens: channel.state === "closed" && channel.opens_at ? { values: { time: times.moment(channel.opens_at) } } : null,
    });
    for (const radio of /** @type {NodeListOf<HTMLInputElement>} */ (dialog("settings").querySelectorAll("[name=switch]"))) {
      radio.checked = radio.value === channel.switch;
    }
    const congested = input("congested");
    if (congested) congested.checked = channel.congested;
    this.#tellChange(channel);
    putSigns(channel);
    ask("settings");
  }

  /** Who or what turned it last, and until when. @param {Channel} channel */
  #tellChange({ changed, until }) {
    fill(dialog("settings"), {
      changed: changed && { when: changed.rule, values: { name: changed.by, time: times.moment(changed.at) } },
      changed_to: changed && { when: changed.state },
      changed_why: changed?.reason || null,
      until_now: until ? { values: { time: times.moment(until) } } : null,
    });
  }

  /** @param {Channel} channel */
  async #save(channel) {
    await this.#saveSigns(channel);
    if (input("until")) await this.#saveState(channel);
  }

  /** @param {Channel} channel */
  async #saveState(channel) {
    const chosen = /** @type {HTMLInputElement} */ (dialog("settings").querySelector("[name=switch]:checked")).value;
    const congested = field("congested").checked;
    const minutes = Number(field("until").value);
    if (chosen === channel.switch && congested === channel.congested && !minutes) return;
    const until = minutes ? new Date(now() + minutes * MINUTE).toISOString() : null;
    await perform("turn", { channel: channel.id, switch: chosen, congested, until, reason: field("reason").value });
  }

  /** @param {Channel} channel */
  async #saveSigns(channel) {
    const [sound, mail, push] = [field("rings").checked, field("mails").checked, field("pushes").checked];
    const repeats = Number(field("repeats").value);
    const before = [channel.rings, channel.mails, channel.pushes, channel.repeats];
    if (String(before) === String([sound, mail, push, repeats])) return;
    await perform("choose_signs", { channel: channel.id, sound, mail, push, repeat_seconds: repeats });
  }
}

/** @param {string} id of a dialog, which forgets what was answered the last time */
export function ask(id) {
  dialog(id).returnValue = "";
  dialog(id).showModal();
}

/** @param {string} id @returns {HTMLElement} */
function element(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

/** @param {string} name @returns {HTMLInputElement | null} */
function input(name) {
  return /** @type {HTMLInputElement | null} */ (document.getElementById(name));
}

/** @param {Channel} channel */
function putSigns(channel) {
  for (const name of ["reason", "until"]) {
    const shown = input(name);
    if (shown) shown.value = "";
  }
  for (const name of /** @type {const} */ (["rings", "mails", "pushes"])) field(name).checked = channel[name];
  field("repeats").value = String(channel.repeats);
}

/** @param {string} name of a field that is always there */
function field(name) {
  return /** @type {HTMLInputElement} */ (input(name));
}

function items() {
  return /** @type {HTMLElement[]} */ ([...list.children]);
}

/** @param {Channel} channel */
function newItem(channel) {
  const item = clone("channel");
  item.dataset.id = String(channel.id);
  return item;
}
