"""Texts of mails in sets that serve departments, with `*|name|*` placeholders (S002-164 … S002-171)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, ForeignKeyConstraint, Integer, String, Table, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from telehealth.database import Base, Owned, Session, one_of, within_organization
from telehealth.department import Department
from telehealth.outbox import MailKind

PLACEHOLDER = re.compile(r"\*\|\s*([a-z_]+)\s*\|\*")
BROKEN = re.compile(r"\*\||\|\*")

APPOINTMENT_CODES = (
    "patient_name", "organization_name", "department_name", "practitioner_name", "appointment_date",
    "appointment_time", "appointment_end_time", "appointment_welcome_from", "time_zone", "consult_deeplink",
    "portal_deeplink", "visit_how", "organization_phone",
)  # fmt: skip
# What a clinic's texts about a visit may name; without an appointment its time is that of the arrival (S002-177).
VISIT_CODES = (
    "patient_name", "organization_name", "department_name", "practitioner_name", "appointment_date",
    "appointment_time", "organization_phone",
)  # fmt: skip
# Read by the holder of an appointment's link, which needs no link in it.
LINK_CODES = tuple(name for name in APPOINTMENT_CODES if not name.endswith("_deeplink") and name != "visit_how")
# For somebody invited beside the patient.
PARTICIPANT_CODES = (
    "participant_name", "patient_name", "organization_name", "department_name", "practitioner_name", "appointment_date",
    "appointment_time", "appointment_end_time", "time_zone", "participant_link", "organization_phone",
)  # fmt: skip
# Told to staff, whose mails name no patient.
STAFF_CODES = (
    "person_name", "organization_name", "department_name", "practitioner_name", "appointment_date", "appointment_time",
    "appointment_end_time", "time_zone", "meeting_way", "calendar_link", "organization_phone",
)  # fmt: skip
CODES: dict[MailKind, tuple[str, ...]] = {
    MailKind.CONFIRMATION: (*APPOINTMENT_CODES, "personal_message", "further_appointments", "questions_first"),
    MailKind.REMINDER: APPOINTMENT_CODES,
    MailKind.CHANGE: APPOINTMENT_CODES,
    MailKind.CANCELLATION: APPOINTMENT_CODES,
    MailKind.QUESTIONNAIRE: APPOINTMENT_CODES,
    MailKind.RUNNING_LATE: (*APPOINTMENT_CODES, "delay", "expected_time"),
    MailKind.STAFF_INVITATION: ("person_name", "organization_name", "password_link", "organization_phone"),
    MailKind.ARRIVAL: ("person_name", "organization_name", "department_name", "desk_link", "organization_phone"),
    MailKind.CALL_BACK: ("patient_name", "organization_name", "waiting_room_link", "organization_phone"),
    MailKind.QUICK_CONSULTATION: (
        "patient_name", "practitioner_name", "organization_name", "consultation_link", "organization_phone",
    ),
    MailKind.NO_SHOW: (
        "patient_name", "organization_name", "department_name", "practitioner_name", "appointment_date", "appointment_time",
        "time_zone", "another_time", "organization_phone",
    ),
    MailKind.PAID_CONSULTATION: (
        *APPOINTMENT_CODES, "personal_message", "further_appointments", "amount", "receipt_number", "payment_status",
    ),
    MailKind.REFUND: (
        "patient_name", "organization_name", "amount", "receipt_number", "refund_reason", "appointment_date", "appointment_time",
        "time_zone", "organization_phone",
    ),
    MailKind.TIME_FREE: ("organization_name", "booking_link", "organization_phone"),
    MailKind.NEW_LINK: ("organization_name", "appointment_links", "organization_phone"),
    MailKind.STAFF_BOOKED: STAFF_CODES,
    MailKind.STAFF_MOVED: (*STAFF_CODES, "earlier_appointment"),
    MailKind.STAFF_CANCELLED: STAFF_CODES,
    MailKind.STAFF_ASKED: (
        "person_name", "organization_name", "department_name", "channel_name", "inbox_link", "organization_phone",
    ),
    MailKind.STAFF_CASE: ("person_name", "organization_name", "department_name", "channel_name", "inbox_link"),
    MailKind.STAFF_ESCALATED: ("person_name", "organization_name", "department_name", "channel_name", "inbox_link"),
    MailKind.CALL_BACK_BOUNCE: (
        "person_name", "organization_name", "department_name", "bounce_time", "bounce_reason", "desk_link", "organization_phone",
    ),
    MailKind.BOUNCE: (
        "person_name", "organization_name", "department_name", "bounce_time", "bounce_reason", "appointment_link",
        "organization_phone",
    ),
    MailKind.PARTICIPANT: (*PARTICIPANT_CODES, "personal_message", "further_appointments"),
    MailKind.PARTICIPANT_CHANGE: PARTICIPANT_CODES,
    MailKind.PARTICIPANT_CANCELLATION: tuple(name for name in PARTICIPANT_CODES if name != "participant_link"),
    **dict.fromkeys(
        (
            MailKind.MESSAGE_WAITING, MailKind.PORTAL_LINK, MailKind.RESULT_READY, MailKind.REQUEST_ANSWERED, MailKind.GROUP_INVITATION,
            MailKind.GROUP_MESSAGE,
        ),
        ("patient_name", "organization_name", "portal_link", "organization_phone"),
    ),
    MailKind.DEVICE_CODE: ("patient_name", "organization_name", "portal_link", "code_until", "organization_phone"),
    MailKind.REQUEST_INVITED: ("patient_name", "organization_name", "booking_link", "organization_phone"),
    MailKind.STAFF_MESSAGE: ("person_name", "organization_name", "messages_link", "organization_phone"),
    MailKind.PIN: ("patient_name", "organization_name", "pin_code", "pin_minutes", "organization_phone"),
}


class UnknownCode(ValueError):
    """The text names placeholders that this kind of mail does not have; `names` lists them."""

    def __init__(self, names: list[str]) -> None:
        self.names = names
        super().__init__(", ".join(names))


class BrokenCode(ValueError):
    """A placeholder is not closed: it must look like *|name|*."""


def check(text: str, kind: MailKind) -> None:
    """Raises UnknownCode, BrokenCode."""
    require_codes(text, CODES[kind])


def require_codes(text: str, known: Sequence[str]) -> None:
    """Raises UnknownCode, BrokenCode."""
    unknown = sorted({name for name in PLACEHOLDER.findall(text) if name not in known})
    if unknown:
        raise UnknownCode(unknown)
    if BROKEN.search(PLACEHOLDER.sub("", text)):
        raise BrokenCode


def fill(text: str, values: Mapping[str, str], escape: Callable[[str], str] = str) -> str:
    """Put values in the place of their codes; a code without a value becomes nothing."""
    return PLACEHOLDER.sub(lambda code: escape(values.get(code.group(1), "")), text)


def _organization_of_set(context: Any) -> int:
    set_id = context.get_current_parameters()["message_template_set_id"]
    table = MessageTemplateSet.__table__
    query = select(table.c.organization_id).where(table.c.id == set_id)
    return int(context.connection.execute(query).scalar_one())


set_department = Table(
    "message_template_set_department",
    Base.metadata,
    Column("organization_id", Integer, default=_organization_of_set, nullable=False),
    Column("message_template_set_id", Integer, primary_key=True),
    Column("department_id", Integer, primary_key=True),
    ForeignKeyConstraint(
        ["organization_id", "message_template_set_id"],
        ["message_template_set.organization_id", "message_template_set.id"],
        ondelete="CASCADE",
    ),
    ForeignKeyConstraint(["organization_id", "department_id"], ["department.organization_id", "department.id"]),
)


class MessageTemplateSet(Owned, Base):
    """A set serves the departments it names; the one that names none serves all others (S002-166)."""

    __tablename__ = "message_template_set"
    __table_args__ = (UniqueConstraint("organization_id", "id"), UniqueConstraint("organization_id", "name"))

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    departments: Mapped[list[Department]] = relationship(secondary=set_department)
    templates: Mapped[list[MessageTemplate]] = relationship(
        primaryjoin="MessageTemplateSet.id == foreign(MessageTemplate.set_id)",
        back_populates="set",
        cascade="all, delete-orphan",
    )

    def __str__(self) -> str:
        return self.name


class MessageTemplate(Owned, Base):
    """Subject and body of one kind of mail; the body is plain text, blank lines part paragraphs."""

    __tablename__ = "message_template"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("set_id", "kind"),
        within_organization("set_id", "message_template_set", ondelete="CASCADE"),
    )
    __translatable__ = {"subject": "line", "body": "mail"}
    __tracked__ = ("subject", "body")

    id: Mapped[int] = mapped_column(primary_key=True)
    set_id: Mapped[int]
    kind: Mapped[MailKind] = mapped_column(one_of(MailKind))
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    set: Mapped[MessageTemplateSet] = relationship(
        primaryjoin="MessageTemplateSet.id == foreign(MessageTemplate.set_id)", back_populates="templates"
    )

    def __str__(self) -> str:
        return f"{self.kind}: {self.subject}"


def template_for(session: Session, kind: MailKind, department_id: int | None) -> MessageTemplate | None:
    """The department's own template of this kind, else the one for all; None when nothing was written."""
    candidates = session.scalars(select(MessageTemplate).where(MessageTemplate.kind == kind)).all()
    own = [t for t in candidates if any(d.id == department_id for d in t.set.departments)]
    general = [t for t in candidates if not t.set.departments]
    return next(iter(own + general), None)
