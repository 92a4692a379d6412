"""Questionnaires to begin with (S002-155): their words come from the house's catalogues, from then on they are the clinic's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from telehealth.database import Base, Session
from telehealth.questionnaire import Questionnaire, QuestionnaireItem
from telehealth.questionnaire_form import ItemKind
from telehealth.translation import Translation, hash_of


@dataclass(frozen=True)
class Entry:
    """An item of a template. `only_if` names the item it depends on and the answer there: yes, no or the number of a choice."""

    key: str
    kind: ItemKind
    text: str
    help: str = ""
    options: tuple[str, ...] = ()
    required: bool = False
    only_if: tuple[str, str] | None = None


@dataclass(frozen=True)
class Template:
    """One in the words of one language; `name` is the same in all."""

    name: str
    title: str
    introduction: str
    entries: tuple[Entry, ...]

    def begin(
        self, session: Session, now: datetime, translations: Mapping[str, Template] | None = None, *, active: bool
    ) -> Questionnaire:
        """A questionnaire of these words. `translations` are the same template in other languages, by their locales."""
        made = Questionnaire(title=self.title, introduction=self.introduction, active=active)
        session.add(made)
        items = {}
        for position, entry in enumerate(self.entries):
            items[entry.key] = _item(entry, position)
            made.items.append(items[entry.key])
        session.flush()
        for entry in self.entries:
            if entry.only_if is not None:
                question = items[entry.only_if[0]]
                items[entry.key].wait_for(f"{question.id}={_answer(question, entry.only_if[1])}")
        for locale, other in (translations or {}).items():
            session.add_all(self._translated(made, other, locale, now))
        session.flush()
        return made

    def _translated(self, made: Questionnaire, other: Template, locale: str, now: datetime) -> Iterator[Translation]:
        """Those of the other language's words that are not the same, which are those of no catalogue."""
        rows: list[tuple[Base, object, object]] = [(made, self, other), *zip(made.items, self.entries, other.entries, strict=True)]
        for row, own, theirs in rows:
            for field in row.__translatable__:
                source, text = _words(own, field), _words(theirs, field)
                if text != source:
                    yield Translation(
                        entity=row.__tablename__, entity_id=row.id, field=field, locale=locale, text=text,  # type: ignore[attr-defined]
                        source_hash=hash_of(source), updated_at=now,
                    )  # fmt: skip


def _words(said: object, field: str) -> str:
    found = getattr(said, field)
    return found if isinstance(found, str) else "\n".join(found)


def _item(entry: Entry, position: int) -> QuestionnaireItem:
    return QuestionnaireItem(
        key=entry.key, kind=entry.kind, text=entry.text, help=entry.help, options="\n".join(entry.options),
        required=entry.required, position=position,
    )  # fmt: skip


def _answer(question: QuestionnaireItem, answer: str) -> str:
    return question.choices[int(answer)] if answer.isdecimal() else answer
