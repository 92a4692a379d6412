"""What a patient is asked in writing, in the words of one language, and whether the answers are right."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any

from babel import Locale

LONGEST_LINE = 300  # characters
LONGEST_TEXT = 8000
MOST_ITEMS = 100  # in one questionnaire
NUMBER = re.compile(r"[+-]?\d{1,12}(\.\d{1,6})?")
EARLIEST, LATEST = date(1880, 1, 1), date(2199, 12, 31)

Value = str | list[str]
Answers = dict[str, Value]


class ItemKind(StrEnum):
    """What stands at one place of a questionnaire (S002-154). A page begins a new step; with headings and explanations it is
    only read."""

    HEADING = "heading"
    EXPLANATION = "explanation"
    SHORT_TEXT = "short_text"
    LONG_TEXT = "long_text"
    ONE = "one"
    SEVERAL = "several"
    YES_NO = "yes_no"
    NUMBER = "number"
    DATE = "date"
    DROP_DOWN = "drop_down"
    COUNTRY = "country"
    PAGE = "page"


READ_ONLY = frozenset({ItemKind.HEADING, ItemKind.EXPLANATION, ItemKind.PAGE})
WITH_OPTIONS = frozenset({ItemKind.ONE, ItemKind.SEVERAL, ItemKind.DROP_DOWN})
NO_COUNTRIES = frozenset({"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"})  # territories of CLDR that are something else
CONDITIONS = WITH_OPTIONS | {ItemKind.YES_NO}  # kinds on whose answer another item can depend
YES, NO = "yes", "no"


class Problem(StrEnum):
    """What is wrong with one answer."""

    MISSING = "missing"
    TOO_LONG = "too_long"
    NO_NUMBER = "no_number"
    NO_DATE = "no_date"
    NO_OPTION = "no_option"


class BadAnswers(ValueError):
    """Some answers cannot be taken; `problems` says what is wrong with each, by the item's key."""

    def __init__(self, problems: dict[str, Problem]) -> None:
        self.problems = problems
        super().__init__(", ".join(problems))


@dataclass(frozen=True)
class Said:
    """Words, and the language they are in; empty when it is the one that was asked for."""

    text: str
    lang: str = ""

    def __bool__(self) -> bool:
        return bool(self.text)


@dataclass(frozen=True)
class AskedItem:
    """An item in the words of one language. An option is answered by its number, counted from 0.

    `only_if` names the item it depends on and the answer that is needed there.
    """

    key: str
    kind: ItemKind
    text: Said
    help: Said
    options: tuple[str, ...] = ()
    options_lang: str = ""
    required: bool = False
    only_if: tuple[str, str] | None = None

    @property
    def is_question(self) -> bool:
        return self.kind not in READ_ONLY

    def value(self, given: Value) -> Value:
        """An answer as it is kept, empty when there is none. Raises BadAnswers."""
        if self.kind is ItemKind.SEVERAL:
            return self._several(given if isinstance(given, list) else [given] if given else [])
        if isinstance(given, list):
            raise BadAnswers({self.key: Problem.NO_OPTION})
        return self._single(given.strip()) if given.strip() else ""

    def _several(self, given: list[str]) -> list[str]:
        if set(given) - set(self._numbers):
            raise BadAnswers({self.key: Problem.NO_OPTION})
        return [number for number in self._numbers if number in given]

    def _single(self, text: str) -> str:
        if self.kind is ItemKind.NUMBER:
            return self._number(text)
        if self.kind is ItemKind.DATE:
            return self._date(text)
        allowed = self._allowed
        if allowed is not None and text not in allowed:
            raise BadAnswers({self.key: Problem.NO_OPTION})
        if len(text) > (LONGEST_TEXT if self.kind is ItemKind.LONG_TEXT else LONGEST_LINE):
            raise BadAnswers({self.key: Problem.TOO_LONG})
        return text

    @property
    def _allowed(self) -> Collection[str] | None:
        """The values there are to choose from; None where something is written."""
        if self.kind is ItemKind.YES_NO:
            return [YES, NO]
        if self.kind is ItemKind.COUNTRY:
            return countries()
        return self._numbers if self.kind in WITH_OPTIONS else None

    @property
    def _numbers(self) -> list[str]:
        return [str(number) for number in range(len(self.options))]

    def _number(self, text: str) -> str:
        """In figures of any script, with a comma or a point."""
        plain = figures(text).replace(" ", "").replace("\u066b", ".").replace(",", ".").replace("\u2212", "-")
        if not NUMBER.fullmatch(plain):
            raise BadAnswers({self.key: Problem.NO_NUMBER})
        return f"{Decimal(plain):f}"

    def _date(self, text: str) -> str:
        try:
            found = date.fromisoformat(text)
        except ValueError:
            raise BadAnswers({self.key: Problem.NO_DATE}) from None
        if not EARLIEST <= found <= LATEST:
            raise BadAnswers({self.key: Problem.NO_DATE})
        return found.isoformat()


@cache
def countries() -> frozenset[str]:
    """The ISO 3166 codes of those that CLDR has a name for."""
    known = map(str, Locale("en").territories)
    return frozenset(code for code in known if len(code) == 2 and code.isalpha()) - NO_COUNTRIES


def figures(text: str) -> str:
    """The same with the figures 0 to 9 in the place of those of other scripts."""
    return "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in text)


@dataclass(frozen=True)
class Step:
    """What is asked at once; the first may have no page of its own."""

    page: AskedItem | None
    items: tuple[AskedItem, ...]


@dataclass(frozen=True)
class Form:
    """What a patient is asked, in the words of one language and one version."""

    title: Said
    introduction: Said
    items: tuple[AskedItem, ...]
    version: int = 1

    def asked_after(self, answers: Mapping[str, Value]) -> list[AskedItem]:
        """The items that these answers leave to be asked, in order."""
        shown: list[AskedItem] = []
        open_keys: set[str] = set()
        for step in self.steps:
            for item in (step.page, *step.items) if step.page else step.items:
                if item.only_if is None or (item.only_if[0] in open_keys and _answers(answers, *item.only_if)):
                    shown.append(item)
                    open_keys.add(item.key)
                elif item is step.page:
                    break
        return shown

    @property
    def steps(self) -> list[Step]:
        """The items as they are asked one page after another; a page that is not asked takes its items with it."""
        pages: list[tuple[AskedItem | None, list[AskedItem]]] = [(None, [])]
        for item in self.items:
            if item.kind is ItemKind.PAGE:
                pages.append((item, []))
            else:
                pages[-1][1].append(item)
        return [Step(page, tuple(items)) for page, items in pages if page or items or len(pages) == 1]

    def kept(self, given: Mapping[str, Value]) -> Answers:
        """What is kept of a draft: answers to questions of this form, whether they are right or not.

        Raises BadAnswers when one is longer than can ever be right.
        """
        known = {item.key for item in self.items if item.is_question}
        long = {key for key, value in given.items() if isinstance(value, str) and len(value) > LONGEST_TEXT}
        if long & known:
            raise BadAnswers(dict.fromkeys(long & known, Problem.TOO_LONG))
        return {key: value for key, value in given.items() if key in known and value}

    def checked(self, given: Mapping[str, Value]) -> Answers:
        """The answers to everything that is asked after them. Raises BadAnswers that names all that are wrong."""
        answers, problems = self._judged(given)
        if problems:
            raise BadAnswers(problems)
        return answers

    def check(self, given: Mapping[str, Value], keys: Collection[str]) -> None:
        """The same for some of the items. Raises BadAnswers."""
        problems = self._judged(given)[1]
        if wrong := {key: problem for key, problem in problems.items() if key in keys}:
            raise BadAnswers(wrong)

    def _judged(self, given: Mapping[str, Value]) -> tuple[Answers, dict[str, Problem]]:
        problems: dict[str, Problem] = {}
        answers: Answers = {}
        for item in self.asked_after(given):
            if not item.is_question:
                continue
            try:
                value = item.value(given.get(item.key, ""))
            except BadAnswers as bad:
                problems |= bad.problems
                continue
            if value:
                answers[item.key] = value
            elif item.required:
                problems[item.key] = Problem.MISSING
        return answers, problems

    def as_data(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of_data(cls, data: Mapping[str, Any]) -> Form:
        items = tuple(
            AskedItem(
                **{**item, "kind": ItemKind(item["kind"]), "text": Said(**item["text"]), "help": Said(**item["help"]),
                   "options": tuple(item["options"]), "only_if": tuple(item["only_if"]) if item["only_if"] else None}
            )
            for item in data["items"]
        )  # fmt: skip
        return cls(Said(**data["title"]), Said(**data["introduction"]), items, data["version"])


def _answers(answers: Mapping[str, Value], key: str, wanted: str) -> bool:
    found = answers.get(key, "")
    return wanted in found if isinstance(found, list) else found == wanted


@dataclass(frozen=True)
class Line:
    """One place of an answered questionnaire: in the patient's words, in the clinic's own, and what was answered.

    `chosen` are options in the clinic's own words; `value` is everything else.
    """

    item: AskedItem
    original: AskedItem
    value: str = ""
    chosen: tuple[str, ...] = ()

    @property
    def is_answered(self) -> bool:
        return bool(self.value or self.chosen)


def line_of(item: AskedItem, original: AskedItem, found: Value) -> Line:
    if item.kind in WITH_OPTIONS:
        numbers = found if isinstance(found, list) else [found] if found else []
        options = original.options if len(original.options) == len(item.options) else item.options
        chosen = tuple(options[int(number)] for number in numbers if number.isdecimal() and int(number) < len(options))
        return Line(item, original, chosen=chosen)
    return Line(item, original, value=found if isinstance(found, str) else "")


