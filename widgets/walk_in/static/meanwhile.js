/** What the department offers to people who wait: a film, and a page in a frame of its own. */
import { fill } from "/static/js/template.js";
import { part } from "./views.js";

/**
 * @typedef {{ text: string, lang: string }} Words
 * @typedef {{ label: Words, url: string }} Page
 * @typedef {{ label: Words, url: string, still: string, captions: string, captions_lang: string, words: Words }} Film
 */

/** @param {{ page: Page | null, film: Film | null }} offered */
export function drawMeanwhile({ page, film }) {
  const place = part("#meanwhile");
  const news = JSON.stringify([page, film]);
  if (place.dataset.shown === news) return; // a film that runs is left alone
  place.dataset.shown = news;
  fill(place, { film: Boolean(film), page: Boolean(page) });
  if (film) drawFilm(place, film);
  if (page) drawPage(place, page);
}

/** @param {HTMLElement} place @param {Film} film */
function drawFilm(place, film) {
  fill(place, { film_label: named(film.label), film_words: film.words.text ? { text: film.words.text, lang: film.words.lang || null } : null });
  const video = /** @type {HTMLVideoElement} */ (place.querySelector("video"));
  if (film.still) video.poster = film.still;
  if (film.captions) {
    video.crossOrigin = "anonymous"; // captions of another site are read with its leave only
    const track = Object.assign(document.createElement("track"), { kind: "captions", srclang: film.captions_lang, src: film.captions, default: true });
    video.replaceChildren(track);
  }
  video.src = film.url;
  video.onerror = () => fill(place, { film: false }); // nothing to be seen there
}

/** @param {HTMLElement} place @param {Page} page */
function drawPage(place, page) {
  fill(place, { page_label: named(page.label) });
  const dialog = part("#page");
  const frame = /** @type {HTMLIFrameElement} */ (dialog.querySelector("iframe"));
  part("[data-do=read]").onclick = () => {
    fill(dialog, { title: part("[data-do=read]").innerText.trim(), page_link: { href: page.url } });
    if (frame.src !== page.url) frame.src = page.url;
    dialog.showModal();
  };
}

/** @param {Words} label */
function named({ text, lang }) {
  return text ? { when: "own", values: { text }, lang: lang || null } : { when: "ours", lang: null };
}
