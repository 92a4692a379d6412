"""What a department offers to people who wait: a page and a film of its own (S002-50, S002-52)."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

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
    _allow("frame_src", "", (d.page_url for d in found))
    _allow("img_src", headers.POLICY["img-src"], (d.film_still_url for d in found))
    media = (address for d in found for address in (d.film_url, d.film_captions_url))
    _allow("media_src", headers.POLICY["media-src"], media)


def _allow(directive: str, before: str, addresses: Iterable[str]) -> None:
    sites = framing.sources({f"{there.scheme}://{there.netloc}" for a in addresses if a and (there := urlsplit(a))})
    if sites:
        headers.allow(**{directive: " ".join([before, *sorted(sites)]).strip()})


def let_in_any() -> None:
    """The same for the page of every organisation's links, which learns from the link alone whose it is."""
    headers.allow(
        frame_src="https:", img_src=f"{headers.POLICY['img-src']} https:", media_src=f"{headers.POLICY['media-src']} https:"
    )
