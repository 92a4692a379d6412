/** An appointment's files in a place of the link's page; the server draws them. */
import { Refused, Unreachable } from "/static/js/ask.js";
import { Files, styles } from "/static/js/files.js";
import { bringSymbols } from "/static/js/symbols.js";

const ADDRESS = "/visit/attachments";

/**
 * @param {object} options
 * @param {HTMLElement} options.place where they are shown; hidden while there is nothing
 * @param {import("/static/widgets-walk_in/visitor.js").Visitor} options.visitor
 */
export function attachments({ place, visitor }) {
  styles();
  void bringSymbols();
  const authorise = async () => ({ Authorization: `Bearer ${await visitor.token()}` });
  const shown = new Files(place, { authorise, remove: (address) => visitor.ask(address, { body: {} }) });
  const look = async () => {
    try {
      const { page } = await visitor.ask(ADDRESS);
      shown.show(page);
      place.hidden = !page;
    } catch (error) {
      if (!(error instanceof Refused || error instanceof Unreachable)) throw error; // it is asked again when the page looks again
    }
  };
  void look();
  return { look };
}
