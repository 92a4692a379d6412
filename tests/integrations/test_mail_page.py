"""The page of a mail: every kind of it in the mail programs people have, loading nothing, readable, with nothing typed run."""

from __future__ import annotations

import json
import re
import subprocess
import time
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from integrations import preview
from integrations.mail_page import page_of
from integrations.preview import Draft
from integrations.wording import shipped_wording
from telehealth.message_template import CODES
from telehealth.organization import Organization
from telehealth.outbox import MailKind
from web import colour, locale

READER = Path(__file__).with_name("mail_programs.mjs")
PROGRAMS = [
    "gmail.android", "gmail.ios", "gmail.desktop-webmail", "gmail.mobile-webmail", "outlook.*", "apple-mail.*", "yahoo.*", "thunderbird.macos",
    "samsung-email.android",
]  # fmt: skip
# What some of these programs cannot do, and why the mail is whole without it.
BETTERS = "stands in the head and only betters: what a mail needs is written at each element; without it there is one narrow column"
NIGHT = "such a program darkens mails by itself, or shows them light"
HIDDEN = "one of several ways to hide the first words; each program knows one of them"
LOOKS = "only looks: corners are square, the pointer stays an arrow"
SPOKEN = "names the mail for screen readers, which read its subject anyway"
TOLERATED = {
    "@media": BETTERS, "<style> element": BETTERS, "Type selector": BETTERS, "Class selector": BETTERS, "ID selector": BETTERS,
    "Descendant combinator": BETTERS, "Chaining selectors": BETTERS,
    "color-scheme CSS property": NIGHT, "color-scheme meta tag": NIGHT,
    "display:none": HIDDEN, "opacity": HIDDEN, "max-height property": HIDDEN, "overflow": HIDDEN,
    "border-radius": LOOKS, "cursor": LOOKS, "outline": LOOKS, "word-spacing": LOOKS,
    "height property": "of empty spacers and pictures; we have no pictures",
    "target attribute": "links open in a browser in any case",
    "<body> element": "its ground is that of the first element in it as well",
    "word-break": "a long address below its button may reach over the edge; the button works",
    "aria-label attribute": SPOKEN, "role attribute": SPOKEN,
}  # fmt: skip


class Elements(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attributes)))

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for found, attributes in self.found if found == tag]


@pytest.fixture
def organization(app: Any, clinic: Any) -> Any:
    with app.test_request_context("/"), clinic.session() as session:
        own = session.get_one(Organization, clinic.id)
        own.phone, own.email = "+31 20 123 4567", "desk@harbour.example"
        yield own


def shown(organization: Organization, text: str, subject: str = "Subject", tag: str = "en", **values: str) -> str:
    locale.set_tag(tag)
    return page_of(organization, tag, subject, text, values)


@pytest.fixture
def pages(organization: Organization, clinic: Any, house: Any) -> dict[str, str]:
    """Every kind of mail in our own words, in a language of either direction."""
    session, found = organization_session(organization), {}
    for tag in ("en", "ar-XB"):
        organization.locale = tag
        for kind in CODES:
            locale.set_tag(tag)
            subject, body = shipped_wording(kind)
            every = "\n".join(f"*|{name}|*" for name in CODES[kind])
            found[f"{kind.value} {tag}"] = preview.preview(session, house.settings, Draft(kind, subject, f"{body}\n\n{every}", None, "N. Urse")).html
    return found


def organization_session(organization: Organization) -> Any:
    from sqlalchemy.orm import object_session

    return object_session(organization)


def test_mail_programs_show_every_kind_of_mail(pages: dict[str, str]) -> None:
    asked = json.dumps({"programs": PROGRAMS, "mails": pages})
    done = subprocess.run(["node", READER], input=asked, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told.keys() == pages.keys() and len(told) == 2 * len(CODES)
    missing = {feature for features in told.values() for feature in features}
    assert missing - TOLERATED.keys() == set()
    assert TOLERATED.keys() - missing == set(), "tolerated for nothing"


def test_the_checker_knows_what_fails(pages: dict[str, str]) -> None:
    bad = {"bad": '<div style="display:grid"><video src="x"></video></div>'}
    done = subprocess.run(["node", READER], input=json.dumps({"programs": PROGRAMS, "mails": bad}), capture_output=True, text=True, check=True)
    assert set(json.loads(done.stdout)["bad"]) - TOLERATED.keys()


def test_no_mail_asks_anything_of_anybody(pages: dict[str, str]) -> None:
    for name, page in pages.items():
        elements = Elements(page)
        assert not {tag for tag, _ in elements.found} & {"img", "link", "script", "iframe", "object", "video", "base", "form"}, name
        assert "@import" not in page and "url(" not in page, name
        head = page[page.index("<head>") : page.index("</head>")]
        assert "http:" not in head and "https:" not in head, name
        assert {link["href"].partition(":")[0] for link in elements.of("a") if link["href"]} <= {"http", "tel", "mailto"}, name
        assert all(link["href"].startswith(("http://localhost/", "tel:", "mailto:")) for link in elements.of("a") if link["href"]), name


def test_language_and_direction_are_those_of_its_words(pages: dict[str, str]) -> None:
    for name, page in pages.items():
        tag = name.split()[1]
        turned = "rtl" if tag == "ar-XB" else "ltr"
        [html] = Elements(page).of("html")
        assert (html["lang"], html["dir"]) == (tag, turned)
        assert 'name="color-scheme" content="light dark"' in page
    words = Elements(pages["confirmation ar-XB"]).of("div")
    assert not [style for div in words if (style := div.get("style") or "") and "font-size:16px" in style and "text-align:left" in style]


def test_a_link_alone_in_its_line_is_a_button_with_its_address_below(organization: Organization) -> None:
    link = "https://care.example/visit?a=1&b=2#token"
    page = shown(organization, f"Dear A,\n\nCome here:\n{link}\nor read https://care.example/help.", consult_deeplink=link)
    assert [a["href"] for a in Elements(page).of("a")][:3] == [link, link, "https://care.example/help"]
    assert "To the waiting room</a>" in page and unescape(page).count(f">{link}</a>") == 1


def test_the_first_words_say_what_it_is_about_without_a_link(organization: Organization) -> None:
    page = shown(organization, "Dear A,\n\nYour appointment is on Monday:\nhttps://care.example/visit#token\n\nBye")
    preheader = re.search(r'<div style="display:none[^>]*>([^<]*)</div>', page)
    assert preheader is not None and preheader[1] == "Your appointment is on Monday:"


@pytest.mark.parametrize("typed", [
    "</mj-text><mj-raw><script>alert(1)</script></mj-raw>", "<b onclick='x'>&amp; \"q\"</b>", "{{ 7*7 }} {% x %} <!-- --> <![CDATA[x]]> ]]>",
    "&nbsp; &#0; &bogus; & <", "\x00\x07 bell", "\u202eturned\u202c 👩\u200d⚕️ \ud7ff", "<mj-include path='/etc/passwd' />",
])  # fmt: skip
def test_what_somebody_typed_is_words_wherever_it_stands(organization: Organization, typed: str) -> None:
    organization.name = typed.replace("\x00", "").replace("\x07", "")
    organization.phone = organization.name[:40]  # as long as a number may be
    page = shown(organization, f"{typed}\n\nhttps://care.example/{typed}\n\nEnd of {typed}", subject=typed)
    plain = shown(organization, "x\n\nhttps://care.example/x\n\nEnd of x", subject="x")
    mine = {tag for tag, _ in Elements(page).found}
    assert mine <= {tag for tag, _ in Elements(plain).found} | {"br"}
    assert "End of" in page and not any(name.startswith("on") for _, attributes in Elements(page).found for name in attributes)
    assert re.sub(r"[\x00-\x1f]", "", typed).split()[-1] in unescape(page)


def test_clinic_phone_and_address_are_at_the_foot_if_they_are_known(organization: Organization) -> None:
    foot = shown(organization, "Words")
    assert 'href="tel:+31201234567"' in foot and 'href="mailto:desk@harbour.example"' in foot and organization.name in foot
    organization.phone = organization.email = ""
    assert "tel:" not in shown(organization, "Words") and "mailto:" not in shown(organization, "Words")


@pytest.mark.parametrize("brand", ["#facc15", "#ffffff", "#000000", "#0b6e6e", "colour?"])
def test_the_brands_colour_stays_readable_by_day_and_night(organization: Organization, brand: str) -> None:
    organization.brand = brand
    page = shown(organization, "https://care.example/")
    [button] = set(re.findall(r'bgcolor="(#[0-9a-f]{6})" role', page))
    by_night = re.search(r"\.km-name div \{ color: (#[0-9a-f]{6})", page)
    ground = re.search(r"\.km-card table \{ background: (#[0-9a-f]{6})", page)
    assert colour.contrast("#ffffff", button) >= colour.READABLE
    assert by_night and ground and colour.contrast(by_night[1], ground[1]) >= colour.READABLE


def test_a_page_is_made_in_a_few_milliseconds(organization: Organization) -> None:
    shown(organization, "once, so that the layout is read")
    began = time.process_time()
    for _ in range(50):
        shown(organization, "Dear A,\n\nCome:\nhttps://care.example/visit#token\n\n" + "Words and words. " * 40)
    each = (time.process_time() - began) / 50
    print(f"{each * 1000:.2f} ms")
    assert each < 0.02


def test_every_kind_that_is_composed_has_been_looked_at() -> None:
    assert set(CODES) == set(MailKind) - {MailKind.TEST}
