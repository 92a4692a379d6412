"""A mail's words as a page: one layout in MJML, which knows what mail programs can do. It loads nothing from anywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from textwrap import shorten

from flask import render_template
from flask_babel import gettext as _
from mjml import mjml2html

from telehealth.organization import Organization
from telehealth.visit_type import Mode
from web import colour, locale

LINK = re.compile(r"https?://[^\s<>]*[^\s<>.,;:!?)]")
HOUSE_COLOUR = "#0b6e6e"
NIGHT, CARD = "#101817", "#1a2423"  # grounds of the page and of the letter where the reader's screen is dark
FIRST_WORDS = 140  # characters that lists of mails show beside the subject
ELSEWHERE = {mode.value for mode in Mode if not mode.in_waiting_room}
BEFORE_A_NAME = (",", "،", "、")  # a salutation ends so
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]")  # in no document of XML


@dataclass(frozen=True)
class Part:
    """Lines of pieces, (text, whether it is a link); or a link that stands alone, with the words of its button."""

    lines: list[list[tuple[str, bool]]] = field(default_factory=list)
    link: str = ""
    button: str = ""


def page_of(organization: Organization, tag: str, subject: str, text: str, values: Mapping[str, str]) -> str:
    """The page of a plain text; speaks the language that is set. A link alone in its line becomes a button."""
    text = CONTROLS.sub("", text)
    source = render_template(
        "mail.mjml.html", tag=tag, direction=locale.babel_locale(tag).text_direction, subject=CONTROLS.sub("", subject),
        preheader=_first_words(text), organization=organization, colours=_colours(organization.brand),
        paragraphs=[list(_parts(block.splitlines(), _buttons(values))) for block in _blocks(text)],
    )  # fmt: skip
    return mjml2html(source, fonts={})  # without the list that it would fetch from elsewhere


def _blocks(text: str) -> list[str]:
    return [block for block in text.split("\n\n") if block.strip()]


def _first_words(text: str) -> str:
    """What says what the mail is about, without links, which lists of mails would show."""
    blocks = [LINK.sub("", block).strip() for block in _blocks(text)]
    telling = [block for block in blocks if block and not block.endswith(BEFORE_A_NAME)] or blocks or [""]
    return shorten(telling[0], FIRST_WORDS, placeholder="…")


def _colours(brand: str) -> dict[str, str]:
    name = colour.under_white(brand) or HOUSE_COLOUR
    return {"button": name, "name": name, "night": NIGHT, "card": CARD, "name_by_night": colour.upon(CARD, name)}


def _buttons(values: Mapping[str, str]) -> dict[str, str]:
    """The words of a button, by where it leads."""
    words = {
        "consult_deeplink": _("To the waiting room"), "waiting_room_link": _("Back to the waiting room"),
        "portal_deeplink": _("To your own pages"), "password_link": _("Choose a password"), "desk_link": _("Open the waiting room"),
        "participant_link": _("To the conversation"),
        "booking_link": _("See the free times"), "appointment_link": _("Open the appointment"), "calendar_link": _("Open the calendar"), "inbox_link": _("Open the inbox"),
    }  # fmt: skip
    if values.get("visit_mode") in ELSEWHERE:
        words["consult_deeplink"] = _("To this appointment")
    return {values[name]: said for name, said in words.items() if values.get(name)}


def _parts(lines: list[str], buttons: Mapping[str, str]) -> Iterator[Part]:
    """A paragraph, cut where a link stands alone."""
    run: list[list[tuple[str, bool]]] = []
    for line in lines:
        if LINK.fullmatch(alone := line.strip()):
            if run:
                yield Part(run)
            run = []
            yield Part(link=alone, button=buttons.get(alone) or _words_of(alone))
        else:
            run.append(_pieces(line))
    if run:
        yield Part(run)


def _words_of(link: str) -> str:
    return _("To this appointment") if "/visit#" in link else _("Open the page")


def _pieces(line: str) -> list[tuple[str, bool]]:
    pieces, end = [], 0
    for link in LINK.finditer(line):
        pieces += [(line[end : link.start()], False), (link.group(), True)]
        end = link.end()
    return [piece for piece in [*pieces, (line[end:], False)] if piece[0]]
