"""Catalogues: extract the source texts, compile every language, check that placeholders survived.

python translations/catalogues.py extract|compile|check
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

HERE = Path(__file__).parent
ROOT = HERE.parent
SOURCE = HERE / "messages.pot"
ROOMS = ("admin", "desk", "embed", "integrations", "portal", "translate", "web", "widgets")
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2"), ("**/templates/**.js", "jinja2"), ("**/templates/**.txt", "jinja2")]
KEYWORDS = {
    "_": None, "_l": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2), "_n": (1, 2), "pgettext": ((1, "c"), 2),
}  # fmt: skip
OPTIONS = {"**.html": {"silent": "false", "trimmed": "true"}}
# Longer and accented shows what does not fit and what was not translated; mirrored shows what does not turn.
PSEUDO = {"en@xa": ("[", "~~~]"), "ar@xb": ("\u2067", "\u2069")}
KEEP = re.compile(r"(%\(\w+\)[sd]|%%|\*\|\w+\|\*|<[^>]+>|&\w+;|\{\w*\})")
PLACEHOLDERS = re.compile(r"%\(\w+\)[sd]|\*\|\w+\|\*|\{\w*\}")
ACCENTS = str.maketrans("aeiouyAEIOUYcnsz", "åéîöüýÅÉÎÖÜÝçñšž")


def extract() -> Catalog:
    """Every text in the code, with where it stands."""
    catalog = Catalog(project="Konsulto", charset="utf-8", fuzzy=False)
    for room in ROOMS:
        for name, line, text, comments, context in extract_from_dir(
            str(ROOT / room), METHODS, keywords=KEYWORDS, comment_tags=("Translators:",), strip_comment_tags=True
        ):
            catalog.add(text, None, [(f"{room}/{name}", line)], auto_comments=comments, context=context)
    return catalog


def save_source() -> None:
    with SOURCE.open("wb") as file:
        write_po(file, extract(), width=120, omit_header=True, sort_output=True, include_lineno=False)


def texts(catalog: Catalog) -> set[tuple[object, str | None]]:
    return {(message.id, message.context) for message in catalog if message.id}


def compile_all() -> None:
    """Write the .mo of every language and of the pseudo languages."""
    for file in HERE.glob("*/LC_MESSAGES/messages.po"):
        with file.open("rb") as opened:
            _write(file.with_suffix(".mo"), read_po(opened, locale=file.parent.parent.name))
    source = extract()
    for name in PSEUDO:
        _write(HERE / name / "LC_MESSAGES" / "messages.mo", pseudo(source, name))


def _write(path: Path, catalog: Catalog) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    with fresh.open("wb") as file:
        write_mo(file, catalog)
    fresh.replace(path)  # a running server never reads half a file


def pseudo(source: Catalog, name: str) -> Catalog:
    """A made-up language: every text changed, every placeholder kept."""
    catalog = Catalog(locale="en" if name == "en@xa" else "ar", charset="utf-8")
    for message in source:
        if message.id:
            catalog.add(message.id, _plural(message, name, catalog.num_plurals), context=message.context)
    return catalog


def _plural(message: Message, name: str, forms: int) -> str | tuple[str, ...]:
    if isinstance(message.id, str):
        return altered(message.id, name)
    singular, plural = (altered(text, name) for text in message.id)
    return (singular, *([plural] * (forms - 1)))


def altered(text: str, name: str) -> str:
    begin, end = PSEUDO[name]
    parts = KEEP.split(text)
    changed = "".join(part if KEEP.fullmatch(part) else part.translate(ACCENTS) for part in parts)
    return unicodedata.normalize("NFC", f"{begin}{changed}{end}")


def faults() -> Iterator[str]:
    """What is wrong: a stale source catalogue, a lost or invented placeholder, an empty plural form."""
    current = extract()
    with SOURCE.open("rb") as opened:
        if texts(read_po(opened)) != texts(current):
            yield "translations/messages.pot is stale: run make extract"
    for file in sorted(HERE.glob("*/LC_MESSAGES/messages.po")):
        with file.open("rb") as opened:
            for message in read_po(opened):
                yield from (f"{file.parent.parent.name}: {fault}" for fault in _faults_of(message))


def _faults_of(message: Message) -> Iterator[str]:
    if not message.id or not message.string or message.fuzzy:
        return
    sources = [message.id] if isinstance(message.id, str) else list(message.id)
    forms = [message.string] if isinstance(message.string, str) else list(message.string)
    wanted = set(PLACEHOLDERS.findall(sources[-1]))
    for form in forms:
        if not form:
            yield f"{sources[0]!r} lacks a plural form"
        elif set(PLACEHOLDERS.findall(form)) - wanted or (len(forms) == 1 and wanted - set(PLACEHOLDERS.findall(form))):
            yield f"{sources[0]!r} changes a placeholder"


def main(verb: str) -> int:
    if verb == "extract":
        save_source()
    elif verb == "compile":
        compile_all()
    elif verb == "check":
        found = list(faults())
        print("\n".join(found))  # noqa: T201
        return bool(found)
    else:
        raise SystemExit(__doc__)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
