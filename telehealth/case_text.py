"""What patients are told by themselves when something happens to their case (S003-19): each clinic's own words, or nothing."""

from __future__ import annotations

import secrets
from datetime import datetime
from enum import StrEnum

from sqlalchemy import String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from telehealth import message
from telehealth.conversation import AuthorKind, Conversation
from telehealth.message import Author
from telehealth.database import Base, Owned, Session, one_of, session_of
from telehealth.organization import Organization
from telehealth.translation import Texts


class Occasion(StrEnum):
    """When something is said."""

    TAKEN = "taken"
    TRANSFERRED = "transferred"
    HANDED_OVER = "handed_over"
    SET_ASIDE = "set_aside"
    RETURNED = "returned"
    PATIENT_SILENT = "patient_silent"
    ENDED_SILENT = "ended_silent"
    ENDED = "ended"
    APPOINTMENT = "appointment"


class CaseText(Owned, Base):
    """One text for one occasion; switched off, or without a row, nothing is said."""

    __tablename__ = "case_text"
    __table_args__ = (UniqueConstraint("organization_id", "id"), UniqueConstraint("organization_id", "occasion"))
    __translatable__ = {"text": "text"}
    __tracked__ = ("occasion", "text", "active")

    id: Mapped[int] = mapped_column(primary_key=True)
    occasion: Mapped[Occasion] = mapped_column(one_of(Occasion))
    text: Mapped[str] = mapped_column(String(1000))
    active: Mapped[bool] = mapped_column(default=True)

    def __str__(self) -> str:
        return self.text


def tell(session: Session, thread: Conversation, occasion: Occasion, now: datetime, *, otherwise: str = "") -> bool:
    """Say the clinic's words for the occasion in the language of the talk; `otherwise` when it has none of its own. Whether
    anything was said."""
    said = _words(session, thread, occasion) or otherwise
    if said:
        by = Author(AuthorKind.SYSTEM)
        message.post(session, thread.id, f"{occasion}-{secrets.token_urlsafe(9)}", said, by=by, now=now)
        session.refresh(thread)
    return bool(said)


def _words(session: Session, thread: Conversation, occasion: Occasion) -> str:
    found = session.scalar(select(CaseText).where(CaseText.occasion == occasion, CaseText.active))
    if found is None:
        return ""
    source = session_of(thread).get_one(Organization, thread.organization_id).locale
    return str(Texts(session, thread.locale, source).of(found, "text"))
