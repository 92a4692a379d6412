"""What a department offers to people who wait: a page and a film of its own (S002-50, S002-52)."""

from __future__ import annotations

from collections.abc import Iterable

from telehealth.department import Department
from telehealth.translation import Texts
from web import framing, headers
from web.schema import Schema
from widgets.walk_in.words import Words, words


class Page(Schema):
    """Shown in a frame that can do nothing to ours."""

    label: Words
    url: str


class Film(Schema):
    """`words` tell what it shows; `still` and `captions` are addresses, or empty."""

    label: Words
    url: str
    still: str
    captions: str
    captions_lang: str
    words: Words


class Meanwhile(Schema):
    page: Page | None
    film: Film | None


def meanwhile_of(department: Department, texts: Texts) -> Meanwhile:
    return Meanwhile(
        page=Page(label=words(texts.of(department, "page_label")), url=department.page_url) if department.page_url else None,
        film=_film(department, texts) if department.film_url else None,
    )


def _film(department: Department, texts: Texts) -> Film:
    told = words(texts.of(department, "film_words"))
    return Film(
        label=words(texts.of(department, "film_label")), url=department.film_url, still=department.film_still_url,
        captions=department.film_captions_url, captions_lang=texts.source_locale, words=told,
    )  # fmt: skip


def let_in(departments: Iterable[Department]) -> None:
    """Widen this answer's policy to the sites of these departments."""
    found = list(departments)
    headers.let_in("frame-src", framing.sites_of(d.page_url for d in found))
    headers.let_in("img-src", framing.sites_of(d.film_still_url for d in found))
    headers.let_in("media-src", framing.sites_of(address for d in found for address in (d.film_url, d.film_captions_url)))


def let_in_any() -> None:
    """The same for the page of every organisation's links, which learns from the link alone whose it is."""
    for directive in ("frame-src", "img-src", "media-src"):
        headers.let_in(directive, ["https:"])
