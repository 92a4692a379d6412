/**
 * What a widget's page and the page around keep for each other: words to resume with, whether the panel is open, who is signed in,
 * how the widget stands. Nothing is kept before somebody opens the panel or writes.
 */
import { brought, isGreeted, isShown, open, send, tell } from "./frame.js";

const ALONE = 1_500; // milliseconds without a greeting, after which there is no loader around
const PATIENCE = 8_000; // milliseconds in which a site says again who is signed in
const OPEN = "+"; // stands before the word while the panel is open

let word = "";
let wasOpen = false;
let isOpen = false;

/** How the widget stands, for its button: a name for scripts and words for people. @param {string} name @param {string} words */
export function state(name, words) {
  send("state", words);
  tell("state", { state: name });
}

/** Lets the page around keep a word for the site's next page; an empty one is forgotten. @param {string} next */
export function keep(next) {
  word = next;
  remember();
}

/** What the panel was open for is done: the site's next page begins without it. */
export function finish() {
  word = "";
  stand(false);
}

function remember() {
  send("keep", (isOpen ? OPEN : "") + word);
}

/** @param {boolean} now */
function stand(now) {
  isOpen = now;
  remember();
}

/** The panel stood open on the page before: it opens again, without taking the keyboard from whoever has begun to read. */
function standAgain() {
  if (wasOpen && !isOpen) {
    open("again");
    document.dispatchEvent(new CustomEvent("konsulto:again"));
  }
  wasOpen = false;
}

function read() {
  wasOpen = brought.resume.startsWith(OPEN);
  word = brought.resume = brought.resume.slice(wasOpen ? OPEN.length : 0);
}

/** What the page around brings; a page of its own, or one in a plain frame, brings nothing. */
export async function around() {
  if (parent !== window && !isGreeted()) await heard("hello", ALONE);
  return brought;
}

/** Asks the page around once more who is signed in: an identity is good once and for minutes. @returns {Promise<string>} */
export async function identityAgain() {
  if (!isGreeted()) return "";
  brought.identity = "";
  send("identity");
  await heard("identity", PATIENCE);
  return brought.identity;
}

/** @param {string} what @param {number} patience milliseconds @returns {Promise<unknown>} */
function heard(what, patience) {
  return new Promise((done) => {
    document.addEventListener(`konsulto:${what}`, done, { once: true });
    setTimeout(done, patience);
  });
}

document.addEventListener("konsulto:resume", read);
document.addEventListener("konsulto:open", () => stand(true));
document.addEventListener("konsulto:close", () => stand(false));
document.addEventListener("konsulto:hello", standAgain);

if (isGreeted()) {
  // Fetched after the greeting, by a widget that needs it only in a frame.
  read();
  stand(isShown());
  standAgain();
}
