/**
 * A numbered stream of changes (a conversation, the waiting room, an inbox): each applied once and in order, however the
 * connection behaves. Hearing a number that skips some means something was missed, so the stream asks for the gap.
 */

/**
 * @template Item
 * @typedef {object} Page what came after a number, oldest first
 * @property {Item[]} items
 * @property {number} [seq] how far the page reaches, where it leaves out what the reader may not see
 * @property {boolean} [more] whether to ask again; without it, until a page is empty
 */

/** @template Item */
export class Stream {
  /** @type {Item[]} */
  #early = [];
  /** @type {Promise<void> | undefined} */
  #catching;

  /**
   * @param {object} options
   * @param {(after: number) => Promise<Page<Item>>} options.page
   * @param {(item: Item) => void} options.apply
   * @param {number} [options.seq]
   * @param {(item: any) => number} [options.number] an item's number in the stream, its `seq` unless told
   */
  constructor({ page, apply, seq = 0, number = (item) => item.seq }) {
    this.page = page;
    this.number = number;
    this.apply = apply;
    this.seq = seq;
  }

  /** @param {Item} item a change that was just heard */
  receive(item) {
    if (this.#catching) this.#early.push(item);
    else if (this.number(item) <= this.seq + 1) this.#take(item);
    else this.#miss(item);
  }

  /** Asks until nothing is missing; calls at the same time share one round. */
  catchUp() {
    this.#catching ??= this.#ask().then(
      () => this.#settle(this.#early),
      // What was heard meanwhile comes again with the gap; applied now, it would hide the gap.
      (error) => {
        this.#settle([]);
        throw error;
      },
    );
    return this.#catching;
  }

  /** @param {Item} item */
  #miss(item) {
    this.#early.push(item);
    // Without a connection the next one asks again.
    this.catchUp().catch(() => {});
  }

  async #ask() {
    let page = await this.page(this.seq);
    while (this.#takeAll(page)) page = await this.page(this.seq);
  }

  /** @param {Page<Item>} page @returns {boolean} whether there may be more */
  #takeAll({ items, seq = 0, more = true }) {
    const before = this.seq;
    for (const item of items) this.#take(item);
    this.seq = Math.max(this.seq, seq);
    return more && this.seq > before;
  }

  /** @param {Item[]} heard meanwhile */
  #settle(heard) {
    this.#catching = undefined;
    this.#early = [];
    for (const item of heard.sort((a, b) => this.number(a) - this.number(b))) this.#take(item);
  }

  /** @param {Item} item */
  #take(item) {
    if (this.number(item) <= this.seq) return;
    this.seq = this.number(item);
    this.apply(item);
  }
}
