"""Questionnaires: what a clinic asks in writing before a visit (S002-153 … S002-157).

A clinic changes them whenever it likes; what is being answered keeps its words, see `telehealth.questionnaire_response`.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, ForeignKeyConstraint, Integer, String, Table, Text, UniqueConstraint, bindparam, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from telehealth.database import Base, Owned, Session, one_of, session_of, within_organization
from telehealth.department import Department
from telehealth.questionnaire_form import LONGEST_LINE, NO, READ_ONLY, WITH_OPTIONS, YES, AskedItem, Form, ItemKind, Said
from telehealth.translation import Texts
from telehealth.widget import Widget


class UnknownQuestionnaire(Exception):
    """Not there, or not asked any more."""


class ConditionNeedsAnswer(ValueError):
    """Another item is asked only after an answer that would not be offered any more; `item` is that other one."""

    def __init__(self, item: QuestionnaireItem) -> None:
        self.item = item
        super().__init__(item.text)


def _organization_of_questionnaire(context: Any) -> int:
    questionnaire_id = context.get_current_parameters()["questionnaire_id"]
    table = Questionnaire.__table__
    return int(context.connection.execute(select(table.c.organization_id).where(table.c.id == questionnaire_id)).scalar_one())


def _link(other: str) -> Table:
    return Table(
        f"questionnaire_{other}",
        Base.metadata,
        Column("organization_id", Integer, default=_organization_of_questionnaire, nullable=False),
        Column("questionnaire_id", Integer, primary_key=True),
        Column(f"{other}_id", Integer, primary_key=True),
        ForeignKeyConstraint(
            ["organization_id", "questionnaire_id"], ["questionnaire.organization_id", "questionnaire.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(["organization_id", f"{other}_id"], [f"{other}.organization_id", f"{other}.id"], ondelete="CASCADE"),
    )


questionnaire_department = _link("department")
questionnaire_widget = _link("widget")


class Questionnaire(Owned, Base):
    """`departments` ask it before every appointment of theirs, `widgets` before every visit that begins there.

    `version` counts the changes of its words and items.
    """

    __tablename__ = "questionnaire"
    __table_args__ = (UniqueConstraint("organization_id", "id"),)
    __translatable__ = {"title": "line", "introduction": "text"}
    __tracked__ = ("title", "introduction", "active")

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(160))
    introduction: Mapped[str] = mapped_column(Text, default="")
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)
    departments: Mapped[list[Department]] = relationship(secondary=questionnaire_department, order_by=Department.position)
    widgets: Mapped[list[Widget]] = relationship(secondary=questionnaire_widget, order_by=Widget.name)
    items: Mapped[list[QuestionnaireItem]] = relationship(
        primaryjoin="Questionnaire.id == foreign(QuestionnaireItem.questionnaire_id)",
        back_populates="questionnaire",
        order_by="QuestionnaireItem.position, QuestionnaireItem.id",
        cascade="all, delete-orphan",
    )

    def __str__(self) -> str:
        return self.title

    def revise(self) -> None:
        """Its words or items have changed: whoever begins now gets them, who has begun goes on as before."""
        self.version += 1

    def place_last(self, item: QuestionnaireItem) -> None:
        others = [other.position for other in self.items if other is not item and other.position is not None]
        item.position = max(others, default=-1) + 1

    def part_items(self) -> None:
        """Before all are deleted, none may wait for another."""
        for item in self.items:
            item.condition_id = None
        session_of(self).flush()

    def move(self, item: QuestionnaireItem, by: int) -> bool:
        """Exchange an item with the one before (-1) or after it (1); whether there is one.

        What is asked only after an answer stays behind the question that it waits for.
        """
        order = list(self.items)
        here = order.index(item)
        there = here + by
        if not 0 <= there < len(order):
            return False
        first, second = order[min(here, there)], order[max(here, there)]
        if second.condition_id == first.id:
            return False
        order[here], order[there] = order[there], order[here]
        for position, one in enumerate(order):
            one.position = position
        self.revise()
        return True

    def copy(self, title: str) -> Questionnaire:
        """The same under another title, not asked anywhere yet."""
        made = Questionnaire(title=title, introduction=self.introduction, active=False)
        session_of(self).add(made)
        copies: dict[int, QuestionnaireItem] = {}
        for item in self.items:
            copies[item.id] = item.copy()
            made.items.append(copies[item.id])
        session_of(self).flush()
        for item in self.items:
            if item.condition_id is not None:
                copies[item.id].condition_id = copies[item.condition_id].id
        return made

    def form(self, texts: Texts) -> Form:
        """What is asked now, in the language of `texts` as far as it was translated."""
        texts.prefetch([self, *self.items])
        keys = {item.id: item for item in self.items}
        return Form(
            said(texts, self, "title"), said(texts, self, "introduction"),
            tuple(item.asked(texts, keys.get(item.condition_id or 0)) for item in self.items), self.version,
        )  # fmt: skip


class QuestionnaireItem(Owned, Base):
    """One question, or words between questions. `options` are the lines to choose from.

    With `condition_id` it is asked only when that earlier item was answered `condition_answer`: yes, no or an option.
    """

    __tablename__ = "questionnaire_item"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("questionnaire_id", "key"),
        within_organization("questionnaire_id", "questionnaire", ondelete="CASCADE"),
        within_organization("condition_id", "questionnaire_item"),
    )
    __translatable__ = {"text": "text", "help": "line", "options": "text"}

    id: Mapped[int] = mapped_column(primary_key=True)
    questionnaire_id: Mapped[int]
    key: Mapped[str] = mapped_column(String(40), default=lambda: f"q_{secrets.token_hex(4)}")
    kind: Mapped[ItemKind] = mapped_column(one_of(ItemKind))
    text: Mapped[str] = mapped_column(Text)
    help: Mapped[str] = mapped_column(String(LONGEST_LINE), default="")
    options: Mapped[str] = mapped_column(Text, default="")
    required: Mapped[bool] = mapped_column(default=False)
    position: Mapped[int] = mapped_column(default=0)
    condition_id: Mapped[int | None]
    condition_answer: Mapped[str] = mapped_column(String(LONGEST_LINE), default="")
    questionnaire: Mapped[Questionnaire] = relationship(
        primaryjoin="Questionnaire.id == foreign(QuestionnaireItem.questionnaire_id)", back_populates="items"
    )

    def __str__(self) -> str:
        return " ".join(self.text.split())[:80]

    @property
    def choices(self) -> list[str]:
        return lines_of(self.options)

    @property
    def conditions(self) -> list[str]:
        """The answers on which another item can depend."""
        if self.kind is ItemKind.YES_NO:
            return [YES, NO]
        return self.choices if self.kind in WITH_OPTIONS else []

    @property
    def only_if(self) -> str | None:
        """The condition as a word, such as `12=yes`; None when it is always asked."""
        return f"{self.condition_id}={self.condition_answer}" if self.condition_id is not None else None

    def wait_for(self, condition: str | None) -> None:
        """Ask only after that answer, or always."""
        number, _equals, answer = (condition or "").partition("=")
        self.condition_id, self.condition_answer = (int(number), answer) if number else (None, "")

    def require_answers_of_others(self, kind: ItemKind, options: str) -> None:
        """Raises ConditionNeedsAnswer when others would wait for an answer that nobody can give then."""
        offered = QuestionnaireItem(kind=kind, options=options).conditions
        for other in self.questionnaire.items:
            if other.condition_id == self.id and other.condition_answer not in offered:
                raise ConditionNeedsAnswer(other)

    def copy(self) -> QuestionnaireItem:
        return QuestionnaireItem(
            key=self.key, kind=self.kind, text=self.text, help=self.help, options=self.options, required=self.required,
            position=self.position, condition_answer=self.condition_answer,
        )  # fmt: skip

    def asked(self, texts: Texts, condition: QuestionnaireItem | None = None) -> AskedItem:
        only_if = None
        if condition is not None and self.condition_answer in (offered := condition.conditions):
            yes_or_no = condition.kind is ItemKind.YES_NO
            answer = self.condition_answer if yes_or_no else str(offered.index(self.condition_answer))
            only_if = (condition.key, answer)
        options, lang = self._options(texts)
        return AskedItem(
            self.key, self.kind, said(texts, self, "text"), said(texts, self, "help"), tuple(options), lang,
            required=self.required and self.kind not in READ_ONLY, only_if=only_if,
        )  # fmt: skip

    def _options(self, texts: Texts) -> tuple[list[str], str]:
        """A translation with more or fewer lines would give answers a wrong meaning: the source stands then."""
        if self.kind not in WITH_OPTIONS:
            return [], ""
        found = texts.of(self, "options")
        translated = lines_of(found.text)
        if len(translated) == len(self.choices):
            return translated, found.lang
        return self.choices, "" if texts.locale == texts.source_locale else texts.source_locale


def lines_of(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def said(texts: Texts, row: Any, field: str) -> Said:
    found = texts.of(row, field)
    return Said(found.text, found.lang if found.text else "")


def offered(session: Session) -> Sequence[Questionnaire]:
    """Those that staff can choose."""
    return session.scalars(select(Questionnaire).where(Questionnaire.active).order_by(Questionnaire.title, Questionnaire.id)).all()


_table, _chosen, _placed = Questionnaire.__table__.c, questionnaire_department.c, questionnaire_widget.c
_ASKED = select(_table.id).where(
    _table.organization_id == bindparam("organization"), _table.active,
    _table.id.in_(
        select(_chosen.questionnaire_id).where(
            _chosen.organization_id == bindparam("organization"), _chosen.department_id == bindparam("department")
        )
    )
    | _table.id.in_(
        select(_placed.questionnaire_id).where(
            _placed.organization_id == bindparam("organization"), _placed.widget_id == bindparam("widget")
        )
    ),
).order_by(_table.id)  # fmt: skip


def by_itself(session: Session, *, department_id: int | None = None, widget_id: int | None = None) -> list[int]:
    """The ids of the questionnaires that are asked before a visit without anybody choosing them.

    Every booking asks: a prepared statement takes a third of what the ORM takes to write it anew.
    """
    if department_id is None and widget_id is None:
        return []
    session.flush()
    where = {"organization": session.organization_id, "department": department_id, "widget": widget_id}
    return list(session.connection().execute(_ASKED, where).scalars())
