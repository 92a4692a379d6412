"""Which language a person reads: asked for, else the browser's wish, else the organisation's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from babel import Locale, UnknownLocaleError, negotiate_locale
from flask import Flask, current_app, g, has_request_context, request

# Pseudo languages show in tests what was not translated and what breaks when mirrored or longer. Babel has no locale of
# that name, so they ride on a real one.
CARRIERS = {"en": "en_GB", "en-XA": "en@xa", "ar-XB": "ar@xb"}


def shipped() -> list[str]:
    """The languages whose catalogues are there, as tags; English is the source and always first."""
    root = Path(current_app.root_path) / "translations"
    names = {path.parent.parent.name for path in root.glob("*/LC_MESSAGES/messages.mo")}
    tags = {babel: tag for tag, babel in CARRIERS.items()}
    return ["en", *sorted(tags.get(name, name.replace("_", "-")) for name in names if name != "en")]


def babel_locale(tag: str) -> Locale:
    """Babel's locale of a tag such as `pt-BR`; English when it has none."""
    try:
        return Locale.parse(CARRIERS.get(tag, tag.replace("-", "_")))
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en_GB")


def choose(wanted: list[str | None], offered: list[str]) -> str:
    """The best offered tag for the wishes in order of weight; the first offered when none fits."""
    wishes = [wish.replace("_", "-") for wish in wanted if wish]
    return negotiate_locale(wishes, offered, sep="-") or next(iter(offered), "en")


def current_tag() -> str:
    """The language of this request."""
    if not has_request_context():
        return str(g.get("locale_tag", "en")) if g else "en"
    if "locale_tag" not in g:
        g.locale_tag = choose([request.args.get("lang"), *request.accept_languages.values()], shipped())
    return str(g.locale_tag)


def set_tag(tag: str) -> None:
    """Answer in this language from here on."""
    g.locale_tag = tag
    forget_cached_locale()


@contextmanager
def in_language(app: Flask, tag: str) -> Iterator[None]:
    """Word what is for others than whoever acts, or where nobody does."""
    with app.test_request_context("/"):
        set_tag(tag)
        yield


def forget_cached_locale() -> None:
    """Flask-Babel remembers the locale for the length of a context."""
    from flask_babel import refresh

    refresh()


def selector() -> Locale:
    return babel_locale(current_tag())


def direction() -> str:
    """`ltr` or `rtl`."""
    return babel_locale(current_tag()).text_direction


def plural_samples() -> list[tuple[str, int]]:
    """One number for each plural form of this language, so that a page can carry every form of a sentence."""
    rule = babel_locale(current_tag()).plural_form
    samples: dict[str, int] = {}
    for number in range(1, 201):
        samples.setdefault(rule(number), number)
    samples.setdefault("other", 0)
    return list(samples.items())


def name_of(tag: str) -> str:
    """A language by its own name."""
    known = babel_locale(tag)
    name = str(known.get_display_name(known) or tag)
    return name[:1].upper() + name[1:]
