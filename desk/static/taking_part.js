/** Who is invited beside the patient of an appointment or a visit, where they are, and taking them out (see _participants.html). */
import { clone, fill } from "/static/js/template.js";
import { dialog, live, perform } from "./desk.js";

const EDGES = { away: "", waiting: "is-early", inside: "is-seen", removed: "" };

/** @type {{ appointment?: number, visit?: number } | undefined} what is looked at */
let shown;

/** @typedef {{ id: number, name: string, email: string, where: keyof typeof EDGES, link?: string }} Row */

/** @returns {HTMLElement | null} */
function place() {
  return document.getElementById("taking-part");
}

/** @param {{ appointment?: number, visit?: number }} of */
export async function takingPart(of) {
  shown = of;
  await look();
}

async function look() {
  const of = shown;
  const here = place();
  if (!of || !here) return;
  const found = await live.request("participants", of).catch(() => undefined);
  if (!found || of !== shown) return;
  here.querySelector("ul")?.replaceChildren(...found.participants.map(line));
  offer(here, found.groups ?? []);
  here.hidden = !found.participants.length && !(found.groups ?? []).length;
}

/** @param {Row} row */
function line({ id, name, email, where, link }) {
  const made = clone("participant", {
    name, email, whose: name, removes: where !== "removed", copies: Boolean(link), copied: { when: "no" },
    where: { when: where, class: `k-badge ${EDGES[where]}` },
  });
  made.querySelector("[data-copy-link]")?.addEventListener("click", async () => {
    await navigator.clipboard.writeText(link ?? "");
    fill(made, { copied: { when: "yes" } });
  });
  made.querySelector("[data-remove]")?.addEventListener("click", () => askToRemove(id, name));
  return made;
}

/** @type {number | undefined} */
let leaving;

/** @param {number} id @param {string} name */
function askToRemove(id, name) {
  leaving = id;
  fill(dialog("remove-participant"), { title: { values: { name } } });
  dialog("remove-participant").showModal();
}

document.getElementById("really-remove")?.addEventListener("click", async () => {
  dialog("remove-participant").close();
  if (leaving && (await perform("remove_participant", { id: leaving }))) await look();
});

/** @param {HTMLElement} here @param {{ name: string, people: { id: number, name: string }[] }[]} groups who could be invited too */
function offer(here, groups) {
  const select = here.querySelector("select");
  if (!select) return;
  select.replaceChildren(...groups.map(({ name, people }) => {
    const group = document.createElement("optgroup");
    group.label = name;
    group.append(...people.map((person) => new Option(person.name, String(person.id))));
    return group;
  }));
  fill(here, { may_invite: groups.length > 0 });
}

document.getElementById("invite-person")?.addEventListener("click", async () => {
  const person = Number(place()?.querySelector("select")?.value);
  if (shown?.appointment && person && (await perform("invite", { id: shown.appointment, participants: [person] }))) await look();
});

live.on("participants", ({ appointment, visit }) => {
  if (shown && ((shown.visit && shown.visit === visit) || (shown.appointment && shown.appointment === appointment))) void look();
});
