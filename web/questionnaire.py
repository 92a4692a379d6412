"""How questionnaires speak to people: what is wrong with an answer, and an answer as one reads it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from babel.dates import format_date
from flask import Response
from flask_babel import gettext as _

from telehealth.questionnaire_form import LONGEST_LINE, LONGEST_TEXT, YES, AskedItem, BadAnswers, Form, ItemKind, Line, Problem
from telehealth.questionnaire_form import countries as form_countries
from web import locale
from web.errors import Refusal



def countries() -> list[tuple[str, str]]:
    """Codes and names in the reader's language, in the order of that alphabet as far as letters without marks give it."""
    names = locale.babel_locale(locale.current_tag()).territories
    return sorted(((code, names.get(code, code)) for code in form_countries()), key=lambda one: _plain(one[1]))


def _plain(name: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(sign))


INPUTS = {"line": LONGEST_LINE, "text": LONGEST_TEXT, "countries": countries}  # what `_questionnaire.html` asks for


def problem_words(problem: Problem) -> str:
    words = {
        Problem.MISSING: _("This is needed."),
        Problem.TOO_LONG: _("This is too long."),
        Problem.NO_NUMBER: _("Enter a number, such as 12 or 71.5."),
        Problem.NO_DATE: _("Enter a date that exists, with a four-digit year."),
        Problem.NO_OPTION: _("Choose one of the answers."),
    }
    return str(words[problem])


def refusal_of(bad: BadAnswers) -> Refusal:
    """Words for every answer that needs another look."""
    return Refusal("invalid", 422, fields={f"answers.{key}": problem_words(problem) for key, problem in bad.problems.items()})


def shown(line: Line) -> str:
    """An answer in words, in the reader's language as far as it is ours; nothing where options were chosen."""
    if line.item.kind is ItemKind.YES_NO and line.value:
        return str(_("Yes") if line.value == YES else _("No"))
    if line.item.kind is ItemKind.COUNTRY:
        return str(locale.babel_locale(locale.current_tag()).territories.get(line.value, line.value))
    if line.item.kind is ItemKind.DATE and line.value:
        try:
            return str(format_date(date.fromisoformat(line.value), "long", locale=locale.babel_locale(locale.current_tag())))
        except ValueError:  # of a draft
            return line.value
    return line.value


# — as a text to download (S002-157)


def on_paper(form: Form) -> Iterator[tuple[AskedItem, int, str]]:
    """The items of a form that nobody has filled in yet: the number of each question, and when it is asked."""
    numbers: dict[str, int] = {}
    items = {item.key: item for item in form.items}
    for item in form.items:
        if item.is_question:
            numbers[item.key] = len(numbers) + 1
        yield item, numbers.get(item.key, 0), _only_if(items, numbers, item)


def _only_if(items: Mapping[str, AskedItem], numbers: Mapping[str, int], item: AskedItem) -> str:
    if item.only_if is None or item.only_if[0] not in numbers:
        return ""
    key, wanted = item.only_if
    answer = items[key].options[int(wanted)] if wanted.isdecimal() else _("Yes") if wanted == YES else _("No")
    return str(_("Only if the answer to question %(number)s is “%(answer)s”.", number=numbers[key], answer=answer))


def as_text(form: Form) -> str:
    """To be filled in by hand."""
    parts = [_underlined(form.title.text, "="), form.introduction.text]
    parts += ["\n".join(_asked(item, number, when)) for item, number, when in on_paper(form)]
    return _text(parts)


def _asked(item: AskedItem, number: int, when: str) -> Iterator[str]:
    if item.kind in (ItemKind.PAGE, ItemKind.HEADING):
        yield _underlined(item.text.text, "-")
    elif item.is_question:
        optional = "" if item.required else f" {_('(optional)')}"
        yield f"{number}. {item.text.text}{optional}"
    else:
        yield item.text.text
    yield from (f"   {said}" for said in (when, item.help.text) if said)
    choices = (_("Yes"), _("No")) if item.kind is ItemKind.YES_NO else item.options
    box = "[ ]" if item.kind is ItemKind.SEVERAL else "( )"
    yield from (f"   {box} {choice}" for choice in choices)
    if item.is_question and not choices:
        yield from ["   " + "_" * 60] * (4 if item.kind is ItemKind.LONG_TEXT else 1)


def answers_as_text(title: str, facts: Iterable[tuple[str, str]], lines: Iterable[Line]) -> str:
    """What was answered, below what is known of it."""
    parts = [_underlined(title, "="), "\n".join(f"{name}: {value}" for name, value in facts)]
    parts += [_told(line) for line in lines if line.item.kind is not ItemKind.EXPLANATION]
    return _text(parts)


def _told(line: Line) -> str:
    if not line.item.is_question:
        return _underlined(line.original.text.text, "-")
    read = line.item.text.text
    also = f" ({read})" if read != line.original.text.text else ""
    said = list(line.chosen) or shown(line).splitlines() or [str(_("not answered"))]
    return "\n".join([f"{line.original.text.text}{also}", *(f"   {one}" for one in said)])


def _underlined(text: str, sign: str) -> str:
    return f"{text}\n{sign * min(max(map(len, text.splitlines()), default=0), 72)}"


def _text(parts: Iterable[str]) -> str:
    return "\n\n".join(part for part in parts if part.strip()) + "\n"


def download(text: str, name: str) -> Response:
    answer = Response(text, mimetype="text/plain")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.txt"'
    return answer
