"""Widgets: what a clinic pastes into its web page, what it asks and how it looks."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Column, ForeignKeyConstraint, Integer, String, Table, Text, UniqueConstraint, bindparam, select
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from telehealth.channel import Channel
from telehealth.database import Base, Owned, Session, one_of, within_organization
from telehealth.department import Department


class WidgetKind(StrEnum):
    WALK_IN = "walk_in"
    BOOKING = "booking"
    CHAT = "chat"


class IdentityMode(StrEnum):
    """Whether a website may say, signed, who its visitors are; or must."""

    OFF = "off"
    OPTIONAL = "optional"
    REQUIRED = "required"


class FieldKind(StrEnum):
    """What a field asks. The first six are parts of the patient's record, the rest are answers of their own."""

    INITIALS = "initials"
    LAST_NAME = "last_name"
    BIRTH_DATE = "birth_date"
    EMAIL = "email"
    PHONE = "phone"
    REASON = "reason"
    SHORT_TEXT = "short_text"
    LONG_TEXT = "long_text"
    CHOICE = "choice"
    YES_NO = "yes_no"


PATIENT_FIELDS = (
    FieldKind.INITIALS, FieldKind.LAST_NAME, FieldKind.BIRTH_DATE, FieldKind.EMAIL, FieldKind.PHONE,
)  # fmt: skip


class BadWidgetKey(ValueError):
    """A widget's id is 1–64 of a–z, 0–9 and hyphens."""


class UnknownWidget(Exception):
    """There is no such widget, or it is paused."""


def _organization_of_widget(context: Any) -> int:
    """A linking row stands in the organisation of its widget; the composite keys then refuse a foreign other end."""
    widget_id = context.get_current_parameters()["widget_id"]
    query = select(Widget.__table__.c.organization_id).where(Widget.__table__.c.id == widget_id)
    return int(context.connection.execute(query).scalar_one())


def _link(name: str, other: str) -> Table:
    return Table(
        name,
        Base.metadata,
        Column("organization_id", Integer, default=_organization_of_widget, nullable=False),
        Column("widget_id", Integer, primary_key=True),
        Column(f"{other}_id", Integer, primary_key=True),
        ForeignKeyConstraint(["organization_id", "widget_id"], ["widget.organization_id", "widget.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(["organization_id", f"{other}_id"], [f"{other}.organization_id", f"{other}.id"]),
    )


widget_department = _link("widget_department", "department")
widget_channel = _link("widget_channel", "channel")


class Widget(Owned, Base):
    """One embedded front door (S002-84 … S002-95). No departments or channels chosen means all of them.

    `allowed_sites` are the origins that may frame it; none means nobody. Logo and background are addresses on a site of
    the clinic; `own_css` comes after our looks (S002-90).
    """

    __tablename__ = "widget"
    __table_args__ = (UniqueConstraint("organization_id", "id"), within_organization("contact_channel_id", "channel"))
    __translatable__ = {
        "title": "line", "intro": "text", "absent_text": "text", "terms": "text", "end_text": "text",
        "button_label": "line", "busy_text": "line",
    }  # fmt: skip
    __tracked__ = (
        "name", "active", "title", "intro", "absent_text", "terms", "end_text", "button_label", "allowed_sites",
        "theme", "brand", "logo_url", "background_url", "own_css", "contact_requests", "contact_channel_id", "busy",
        "busy_text", "busy_from", "identity",
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[WidgetKind] = mapped_column(one_of(WidgetKind))
    active: Mapped[bool] = mapped_column(default=True)
    title: Mapped[str] = mapped_column(String(160), default="")
    intro: Mapped[str] = mapped_column(Text, default="")
    absent_text: Mapped[str] = mapped_column(Text, default="")
    terms: Mapped[str] = mapped_column(Text, default="")
    end_text: Mapped[str] = mapped_column(Text, default="")
    button_label: Mapped[str] = mapped_column(String(60), default="")
    allowed_sites: Mapped[list[str]] = mapped_column(JSON, default=list)
    theme: Mapped[str] = mapped_column(String(10), default="auto")
    brand: Mapped[str] = mapped_column(String(7), default="")
    logo_url: Mapped[str] = mapped_column(String(300), default="")
    background_url: Mapped[str] = mapped_column(String(300), default="")
    own_css: Mapped[str] = mapped_column(Text, default="")
    queue_limit: Mapped[int] = mapped_column(default=50)
    busy_from: Mapped[int] = mapped_column(default=0)
    busy: Mapped[bool] = mapped_column(default=False)
    busy_text: Mapped[str] = mapped_column(String(300), default="")
    contact_requests: Mapped[bool] = mapped_column(default=False)
    contact_channel_id: Mapped[int | None]
    identity: Mapped[IdentityMode] = mapped_column(one_of(IdentityMode), default=IdentityMode.OFF)
    identity_salt: Mapped[str] = mapped_column(String(32), default="")
    contact_channel: Mapped[Channel | None] = relationship(
        primaryjoin="Channel.id == foreign(Widget.contact_channel_id)"
    )
    departments: Mapped[list[Department]] = relationship(secondary=widget_department, order_by=Department.position)
    channels: Mapped[list[Channel]] = relationship(secondary=widget_channel, order_by=Channel.position)
    fields: Mapped[list[WidgetField]] = relationship(
        primaryjoin="Widget.id == foreign(WidgetField.widget_id)",
        back_populates="widget",
        order_by="WidgetField.position",
        cascade="all, delete-orphan",
    )

    @property
    def takes_contact_requests(self) -> bool:
        """Whether patients can ask to be called back, and somebody is named who reads it."""
        return self.contact_requests and self.contact_channel is not None

    @validates("key")
    def _valid_key(self, _: str, key: str) -> str:
        if not re.fullmatch(r"[a-z0-9-]{1,64}", key):
            raise BadWidgetKey(key)
        return key

    def __str__(self) -> str:
        return self.name


class WidgetField(Owned, Base):
    """One thing the patient is asked before entering (S002-89). `options` are the lines of a choice."""

    __tablename__ = "widget_field"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("widget_id", "key"),
        within_organization("widget_id", "widget", ondelete="CASCADE"),
    )
    __translatable__ = {"label": "line", "help": "line", "options": "text"}

    id: Mapped[int] = mapped_column(primary_key=True)
    widget_id: Mapped[int]
    key: Mapped[str] = mapped_column(String(40))
    kind: Mapped[FieldKind] = mapped_column(one_of(FieldKind))
    label: Mapped[str] = mapped_column(String(160), default="")
    help: Mapped[str] = mapped_column(String(300), default="")
    options: Mapped[str] = mapped_column(Text, default="")
    required: Mapped[bool] = mapped_column(default=False)
    position: Mapped[int] = mapped_column(default=0)
    widget: Mapped[Widget] = relationship(
        primaryjoin="Widget.id == foreign(WidgetField.widget_id)", back_populates="fields"
    )

    @property
    def choices(self) -> list[str]:
        return [line.strip() for line in self.options.splitlines() if line.strip()]

    def __str__(self) -> str:
        return self.label or self.key


_offers = widget_department.c
_OFFERED = select(_offers.department_id).where(
    _offers.organization_id == bindparam("organization"), _offers.widget_id == bindparam("widget")
)


def offered_departments(session: Session, widget_id: int) -> tuple[int, ...]:
    """The departments a widget is narrowed to; none means all of them. Without the ORM: every booking asks."""
    session.flush()
    chosen = {"organization": session.organization_id, "widget": widget_id}
    return tuple(session.connection().scalars(_OFFERED, chosen))


def booking_widget_key(session: Session, widget_id: int | None) -> str:
    """Where times are booked: this widget, else the first that offers times; empty where there is none."""
    query = select(Widget.key).where(Widget.kind == WidgetKind.BOOKING, Widget.active)
    return session.scalar(query.order_by((Widget.id == (widget_id or 0)).desc(), Widget.id).limit(1)) or ""


_widget = Widget.__table__.c
_BY_KEY = select(_widget.organization_id, _widget.id).where(_widget.key == bindparam("key"), _widget.active)


def find_widget(session: Session, key: str) -> Widget:
    """The active widget of this id; the session enters its organisation. Raises UnknownWidget."""
    found = session.connection().execute(_BY_KEY, {"key": key}).one_or_none()
    if found is None:
        raise UnknownWidget(key)
    session.enter(found.organization_id)
    return session.get_one(Widget, found.id)
