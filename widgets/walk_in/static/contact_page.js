/** The page of its own on which somebody asks to be called back, for widgets that have the form not on theirs. */
import { Visitor } from "/static/js/visitor.js";
import { contact } from "./contact.js";
import { show } from "./views.js";

const visitor = new Visitor();
contact({ address: "/contact-requests", visitor, leave: () => location.assign(visitor.place + location.search) });
show("contact", { focus: false });
