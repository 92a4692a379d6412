"""What a patient is shown when the visit is over: what to take home, what becomes of what was written, how it was."""

from __future__ import annotations

from datetime import datetime, timedelta

from telehealth import ending, feedback, message_template
from telehealth.database import Session
from telehealth.feedback import Rating
from telehealth.follow_up import number_in
from telehealth.organization import ChatAfterVisit, Organization
from telehealth.translation import Localized, Texts
from telehealth.waiting_room import Encounter
from web import codes
from web.schema import Schema
from widgets.walk_in.words import Words, words


class FollowUp(Schema):
    """`phone` is the number that the text names, if it names one."""

    text: Words
    phone: str


class Given(Schema):
    rating: Rating
    words: str


class Ending(Schema):
    """`minutes` is how long patient and practitioner were together. Moments are UTC.

    Of the conversation: `chat` says what becomes of it, `until` until when it can be read or when it is deleted.
    """

    took_place: bool
    with_whom: str | None
    ended_by: str | None
    ended_at: datetime
    minutes: int | None
    summary: str
    follow_up: FollowUp | None
    asks_feedback: bool
    feedback: Given | None
    survey_url: str
    chat: ChatAfterVisit
    until: datetime | None
    readable: bool


def ending_of(session: Session, visit: Encounter, texts: Texts, now: datetime) -> Ending | None:
    """None while the visit goes on."""
    if visit.ended_at is None:
        return None
    organization = session.get_one(Organization, visit.organization_id)
    met = visit.admitted_by or (visit.ended_by if visit.took_place else None)
    return Ending(
        took_place=visit.took_place, with_whom=met.name if met else None,
        ended_by=visit.ended_by.name if visit.ended_by else None, ended_at=visit.ended_at, minutes=minutes_of(visit),
        summary=visit.summary, follow_up=_follow_up(visit, organization, texts),
        asks_feedback=feedback.is_asked(session, visit, now), feedback=_given(session, visit),
        survey_url=organization.survey_url if visit.took_place else "",
        chat=visit.chat_after_visit or ChatAfterVisit.KEPT,
        until=ending.readable_until(visit) or ending.erased_at(visit), readable=ending.may_read(visit, now),
    )  # fmt: skip


def minutes_of(visit: Encounter) -> int | None:
    """Whole minutes, at least one."""
    return max(1, round(visit.length / timedelta(minutes=1))) if visit.length is not None else None


def _follow_up(visit: Encounter, organization: Organization, texts: Texts) -> FollowUp | None:
    if (told := visit.follow_up) is None:
        return None
    lang = "" if told.lang == texts.locale else told.lang
    said = filled(Localized(told.text, lang), visit, organization, texts)
    return FollowUp(text=said, phone=number_in(said.text))


def _given(session: Session, visit: Encounter) -> Given | None:
    found = feedback.of_visit(session, visit)
    return Given(rating=found.rating, words=found.words) if found is not None else None


def filled(text: Localized, visit: Encounter, organization: Organization, texts: Texts) -> Words:
    """A text of the clinic in which codes have become what they stand for (S002-177)."""
    said = words(text)
    if not message_template.PLACEHOLDER.search(said.text):
        return said
    values = codes.of_visit(visit, organization, texts, said.lang or texts.locale)
    return Words(text=message_template.fill(said.text, values), lang=said.lang)
