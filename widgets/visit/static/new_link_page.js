/** The page of a widget where lost links are asked for. */
import { newLink } from "./new_link.js";

const form = /** @type {HTMLElement | null} */ (document.querySelector("#new-link"));
newLink({ widget: form?.dataset["widget"] ?? "" });
