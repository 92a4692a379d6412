/** Beside a conversation: whom it may be, who it is once somebody has said so, how far our notices came (see _contact.html). */
import { clone, fill } from "/static/js/template.js";
import { live, perform, soon, times } from "/static/desk/desk.js";

/**
 * @typedef {{ id: number, name: string, email: string, phone: string, client_number: string, birth_date: string | null, fits: boolean }} Person
 * @typedef {{ id: number, kind: string, address: string, verified: boolean, blocked: boolean, agreed: boolean }} Point
 * @typedef {{ confirmed: boolean, patient: Person | null, more: number, known: number, chooses: boolean, points: Point[],
 *   earlier: { id: number, at: string, channel: string }[], notice: { fate: string, why: string } | null }} Panel
 */

let made = 0;
/** Those on the page, for what a colleague has changed. @type {Set<Contact>} */
const here = new Set();
live.on("contact_changed", ({ id }) => {
  for (const contact of here) if (contact.conversation === id) void contact.catchUp();
});

export class Contact {
  /** @type {Panel | undefined} */
  #panel;
  /** What is shown of each address: what is as it was stays, with what somebody is entering there. @type {Map<number, { told: string, row: HTMLElement }>} */
  #rows = new Map();

  /** @param {HTMLElement} pane @param {number} conversation */
  constructor(pane, conversation) {
    this.conversation = conversation;
    this.place = /** @type {HTMLDetailsElement} */ (pane.querySelector("[data-contact]"));
    this.search = /** @type {HTMLInputElement} */ (this.#part("[data-contact-search]"));
    this.#name();
    this.place.addEventListener("click", (event) => this.#act(event));
    this.place.addEventListener("toggle", () => this.place.open && void this.#find());
    this.search.addEventListener("input", soon(() => void this.#find(), 250));
    this.end = live.follow(this);
    here.add(this);
    void this.look();
  }

  /** Part of every connect, as long as the pane is there. */
  async catchUp() {
    if (this.place.isConnected) await this.look();
    else {
      this.end();
      here.delete(this);
    }
  }

  /** Labels need ids of their own. */
  #name() {
    const id = `contact-search-${++made}`;
    this.search.id = id;
    this.#part("[data-contact-label]").setAttribute("for", id);
    this.#part("[data-contact-hint]").id = `${id}-hint`;
    this.search.setAttribute("aria-describedby", `${id}-hint`);
  }

  async look() {
    const panel = await live.request("contact", { id: this.conversation }).catch(() => undefined);
    if (panel) this.#draw(panel);
  }

  /** @param {string} selector @returns {HTMLElement} */
  #part(selector) {
    return /** @type {HTMLElement} */ (this.place.querySelector(selector));
  }

  /** @param {Panel} panel */
  #draw(panel) {
    const within = this.place.contains(document.activeElement);
    this.#panel = panel;
    fill(this.place, { ...whoOf(panel), ...cardOf(panel), ...noticeOf(panel), contact_none: panel.points.length === 0, contact_error: null });
    this.#part("[data-contact-before]").replaceChildren(...panel.earlier.map(before));
    this.#points(panel.points);
    if (within && !this.place.contains(document.activeElement)) this.place.querySelector("summary")?.focus();
    if (this.place.open) void this.#find(); // it may have been opened before anything was known
  }

  /** @param {Point[]} points */
  #points(points) {
    const rows = new Map(points.map((point) => [point.id, this.#rowOf(point)]));
    for (const [id, { row }] of this.#rows) if (rows.get(id)?.row !== row) row.remove();
    const list = this.#part("[data-contact-points]");
    [...rows.values()].forEach(({ row }, place) => list.children[place] !== row && list.insertBefore(row, list.children[place] ?? null));
    this.#rows = rows;
  }

  /** @param {Point} point */
  #rowOf(point) {
    const told = JSON.stringify(point);
    const shown = this.#rows.get(point.id);
    return shown?.told === told ? shown : { told, row: this.#point(point) };
  }

  /** @param {Point} point */
  #point(point) {
    const row = clone("contact-point", {
      point_kind: { when: point.kind }, point_address: point.address, point_verified: point.verified, point_blocked: point.blocked,
      point_code: !point.verified && !point.blocked, point_block: !point.blocked, point_unblock: point.blocked,
      point_agree: point.verified && !point.agreed, point_disagree: point.agreed,
    });
    row.dataset.point = String(point.id);
    const form = /** @type {HTMLFormElement} */ (row.querySelector("[data-contact-code]"));
    const field = /** @type {HTMLInputElement} */ (form.querySelector("input"));
    field.id = `contact-code-${++made}`;
    form.querySelector("[data-code-label]")?.setAttribute("for", field.id);
    form.addEventListener("submit", (event) => void this.#try(event, point.id, form, field));
    return row;
  }

  /** @param {Event} event @param {number} point @param {HTMLFormElement} form @param {HTMLInputElement} field */
  async #try(event, point, form, field) {
    event.preventDefault();
    const answer = await perform("try_code", { id: this.conversation, point, code: field.value });
    if (!answer) return;
    if (answer.panel) this.#draw(answer.panel);
    else fill(form, { code_said: answer.over ? { when: "over" } : { when: "wrong", values: { left: answer.wrong } } });
  }

  /** @param {Event} event */
  #act(event) {
    const button = /** @type {HTMLElement} */ (event.target).closest("[data-contact-act]");
    const row = /** @type {HTMLElement | null} */ (button?.closest("[data-point]") ?? null);
    const point = Number(row?.dataset.point);
    /** @type {Record<string, () => unknown>} */
    const acts = {
      yes: () => this.#change("confirm_patient", { patient: this.#panel?.patient?.id }),
      part: () => this.#change("part_patient", {}),
      block: () => this.#change("block_contact", { point, on: true }),
      unblock: () => this.#change("block_contact", { point, on: false }),
      agree: () => this.#change("agree_contact", { point, on: true }),
      disagree: () => this.#change("agree_contact", { point, on: false }),
      send: () => row && this.#send(row, point),
    };
    void acts[button?.getAttribute("data-contact-act") ?? ""]?.();
  }

  /** @param {string} event @param {object} body */
  async #change(event, body) {
    const panel = await perform(event, { id: this.conversation, ...body });
    if (!panel) return;
    this.#draw(panel);
    /** @type {HTMLElement | null} */ (this.place.querySelector("summary"))?.focus();
  }

  /** @param {HTMLElement} row @param {number} point */
  async #send(row, point) {
    if (!(await perform("send_code", { id: this.conversation, point }))) return;
    const form = /** @type {HTMLFormElement} */ (row.querySelector("[data-contact-code]"));
    form.hidden = false;
    fill(form, { code_said: { when: "sent" } });
    form.querySelector("input")?.focus();
  }

  async #find() {
    if (!this.#panel?.chooses || this.#panel.confirmed) return;
    const text = this.search.value.trim();
    const found = await perform("contact_patients", { id: this.conversation, text });
    if (!found || this.search.value.trim() !== text) return;
    this.#part("[data-contact-found]").replaceChildren(...found.patients.map((/** @type {Person} */ person) => this.#person(person)));
    fill(this.place, { contact_nobody: found.patients.length === 0 });
  }

  /** @param {Person} person */
  #person(person) {
    const row = clone("contact-person", {
      person_name: person.name, person_about: about(person), person_other: !person.fits, person_whose: person.name,
    });
    row.querySelector("[data-choose]")?.addEventListener("click", () => void this.#change("confirm_patient", { patient: person.id }));
    return row;
  }
}

/** @param {Person} person */
function about({ birth_date: born, email, phone, client_number: number }) {
  return [born && times.date(`${born}T12:00:00Z`), phone, email, number].filter(Boolean).join(" · ");
}

/** @param {{ id: number, at: string, channel: string }} one */
function before({ id, at, channel }) {
  return clone("contact-before", { before_link: { href: `#${id}` }, before_at: times.moment(at), before_channel: channel });
}

/** @param {Panel} panel @returns {import("/static/js/template.js").Slots} */
function whoOf({ patient, more, known, confirmed }) {
  if (!patient) return { contact_who: { when: known ? "some" : "unknown" }, contact_sure: null };
  return {
    contact_who: { when: more ? "more" : "one", values: { name: patient.name, count: more } },
    contact_sure: { when: confirmed ? "yes" : "no", class: `k-badge ${confirmed ? "is-on-time" : "is-waiting"}` },
  };
}

/** @param {Panel} panel @returns {import("/static/js/template.js").Slots} */
function cardOf({ patient, more, confirmed, earlier, chooses }) {
  return {
    contact_card: Boolean(patient) && more === 0,
    contact_about: patient ? about(patient) : "",
    contact_book: patient && confirmed ? { href: `/desk/calendar/new?patient=${patient.id}` } : null,
    contact_yes: Boolean(patient) && !confirmed && more === 0,
    contact_part: confirmed,
    contact_before: earlier.length > 0,
    contact_choose: chooses && !confirmed,
  };
}

/** @param {Panel} panel @returns {import("/static/js/template.js").Slots} */
function noticeOf({ notice }) {
  return { contact_failed: notice?.fate === "failed", contact_notice: notice ? { when: notice.fate, values: { why: notice.why } } : null };
}
