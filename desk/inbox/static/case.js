/** A case beside its talk: what is asked and entered, kept on the server while one types, and everything that happened. */
import { clone, fill } from "/static/js/template.js";
import { live, me, soon, times } from "/static/desk/desk.js";

/**
 * @typedef {{ id: number, label: string, kind: string, choices: string[], required: boolean, answer: string }} Field
 * @typedef {{ at: string, deed: string, why: string | null, by: string | null, person: string | null, channel: string | null,
 *   words: string, count?: number, appointment: { start: string, status: string, name: string } | null }} Deed
 * @typedef {{ case: string, returns: number, mine: boolean, draft: string, scroll: number, fields: Field[],
 *   outcomes: { id: number, name: string }[], outcome: string | null, books: boolean, history: Deed[] }} Case
 */

const WIDE = matchMedia("(min-width: 75rem)");
const BY_REASON = new Set(["set_aside_abandoned", "returned_operator_silent", "ended_patient_silent", "ended_abandoned", "finished_abandoned"]);

export class CasePanel {
  leaving = new AbortController();
  #changed = false;
  #loaded = false;
  /** Fields that were typed in since they were last kept. @type {Map<string, string>} */
  #typed = new Map();
  /** @type {Case | undefined} */
  known;

  /** @param {HTMLElement} pane @param {number} id of the conversation */
  constructor(pane, id) {
    this.pane = pane;
    this.id = id;
    this.panel = /** @type {HTMLDetailsElement} */ (pane.querySelector("[data-case]"));
    this.form = /** @type {HTMLElement} */ (pane.querySelector("[data-case-fields]"));
    this.log = /** @type {HTMLElement} */ (pane.querySelector("[data-log]"));
    this.input = /** @type {HTMLTextAreaElement} */ (pane.querySelector("[data-composer] textarea"));
    this.panel.open = WIDE.matches;
    this.save = soon(() => void this.flush(), 500);
    this.look = soon(() => void this.load(), 150);
    this.unfollow = live.follow({ catchUp: () => this.load() });
    this.#listen();
  }

  end() {
    this.leaving.abort();
    this.unfollow();
    void this.flush();
  }

  #listen() {
    const { signal } = this.leaving;
    const keep = () => void this.flush();
    document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && keep(), { signal });
    addEventListener("pagehide", keep, { signal }); // what is on its way is sent before the page goes
    addEventListener("hashchange", keep, { signal });
    this.input.addEventListener("input", () => this.#touch());
    this.pane.querySelector("[data-composer]")?.addEventListener("submit", () => this.#touch());
    this.log.addEventListener("scrollend", () => this.#touch(false));
    this.form.addEventListener("input", (event) => {
      const { name, value } = /** @type {HTMLInputElement} */ (event.target);
      this.#typed.set(name, value);
      this.#touch();
    });
  }

  #touch(said = true) {
    if (!this.#loaded) return;
    this.#changed = true;
    if (said) this.#say("saving");
    this.save();
  }

  /** @param {string} when */
  #say(when) {
    fill(this.panel, { saved: { when } });
  }

  /** Keep what was entered. What could not be kept is tried again with the next change and after a reconnect. */
  async flush() {
    if (!this.#changed || !this.known?.mine || this.known.case === "done") return;
    this.#changed = false;
    const fields = Object.fromEntries(this.#typed);
    try {
      await live.request("save_case", { id: this.id, draft: this.input.value, scroll: Math.round(this.log.scrollTop), fields });
      for (const [name, value] of Object.entries(fields)) if (this.#typed.get(name) === value) this.#typed.delete(name);
      this.#say("saved");
    } catch {
      this.#changed = true;
      this.#say("failed");
    }
  }

  async load() {
    if (this.#changed) await this.flush();
    const found = /** @type {Case | undefined} */ (await live.request("case", { id: this.id }).catch(() => undefined));
    this.panel.hidden = !found;
    if (!found) return;
    const becameMine = Boolean(this.known && !this.known.mine && found.mine);
    this.known = found;
    if (!this.#loaded || becameMine) this.#restore(found);
    this.#draw(found);
  }

  /** @param {Case} found */
  #restore({ draft, scroll, mine }) {
    this.#loaded = true;
    if (draft && mine && !this.input.value) this.input.value = draft;
    if (scroll) requestAnimationFrame(() => (this.log.scrollTop = scroll));
  }

  /** @param {Case} found */
  #draw(found) {
    const going = !["ended", "done"].includes(found.case);
    fill(this.panel, {
      case_state: { when: found.case },
      case_outcome: found.outcome,
      not_mine: !found.mine,
      case_book: found.books && found.case !== "done" ? { href: `/desk/calendar/new?case=${this.id}` } : null,
      can_end: going && found.mine,
      can_put_back: found.mine && ["assigned", "waiting_for_patient"].includes(found.case),
      can_reopen: found.case === "done",
    });
    this.#drawFields(found);
    this.panel.querySelector("[data-case-history]")?.replaceChildren(...found.history.map((deed) => drawDeed(deed)).reverse());
  }

  /** Fields are made once; what somebody types in stays while others change. @param {Case} found */
  #drawFields({ fields, mine, case: state }) {
    for (const field of fields) {
      const made = this.form.querySelector(`[data-field="${field.id}"]`) ?? this.form.appendChild(newField(field, this.id));
      const control = /** @type {HTMLInputElement} */ (made.querySelector(".k-input"));
      control.disabled = !mine || state === "done";
      if (document.activeElement !== control && !this.#typed.has(control.name)) control.value = field.answer;
    }
  }
}

/** @param {Field} field @param {number} id of the conversation */
function newField({ id: field, kind, label, choices, required }, id) {
  const template = ["long_text", "choice", "yes_no"].includes(kind) ? kind : "text";
  const made = clone(`field-${template}`, { label, required });
  made.dataset.field = String(field);
  const control = /** @type {HTMLInputElement} */ (made.querySelector(".k-input"));
  control.id = `field-${id}-${field}`;
  control.name = String(field);
  made.querySelector("label")?.setAttribute("for", control.id);
  if (kind === "date") control.type = "date";
  if (kind === "phone") control.type = "tel";
  if (control instanceof HTMLSelectElement && kind === "choice") choices.forEach((choice, place) => control.add(new Option(choice, String(place))));
  return made;
}

/** @param {Deed} deed */
function drawDeed({ at, deed, why, by, person, channel, words, count, appointment }) {
  const named = BY_REASON.has(`${deed}_${why}`) ? `${deed}_${why}` : deed;
  const lost = appointment?.status === "cancelled";
  return clone("deed", {
    deed: { when: named, values: { by: by ?? "–", person: person ?? "–", channel: channel ?? "–", count: String(count ?? "") } },
    words: words || null,
    appointment: appointment ? { when: lost ? "cancelled" : "booked", values: { start: times.moment(appointment.start), name: appointment.name } } : null,
    at: { text: times.moment(at), datetime: at },
  });
}

/** Whether a row is one's own. @param {{ claimed_by_id: number | null }} row */
export function isMine(row) {
  return row.claimed_by_id === me;
}
