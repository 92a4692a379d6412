"""Alerts: who is told that somebody waits and by which means, and who next when nobody has seen it (X-34, X-40).

An arrival alerts the person whom the patient has chosen, if that person is at the desk; else those of the department who
may admit; waiting-room monitors in any case, of what waiting patients write too (S004-9). When the organisation's minutes
are over and nobody has seen the patient, everybody who may see the visit is alerted. A department without such people
alerts everybody at once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from sqlalchemy import String, UniqueConstraint, select, update
from sqlalchemy.orm import Mapped, mapped_column

from telehealth import job
from telehealth.channel import NotAllowed
from telehealth.database import Base, Owned, Session, within_organization
from telehealth.job import NoLongerWanted
from telehealth.organization import Organization
from telehealth.outbox import MailKind, enqueue
from telehealth.practitioner import GRANTS, Permission, Practitioner, PractitionerRole, Role, Staff
from telehealth.visibility import visible
from telehealth.waiting_room import IN_LINE, Encounter, unseen

ESCALATION, PUSH, MESSAGE = "escalation", "push", "patient_message"  # kinds of jobs
UNREAD = timedelta(seconds=30)  # a message that nobody at the desk has read by then is told elsewhere
HERE = timedelta(seconds=75)  # an open page of the desk is noted every half minute
MOST_BROWSERS = 10  # of one person, that are told by push


class AlertChoice(Owned, Base):
    """By which means a person wants to be told of arrivals; without a row it is the bell. Push is a browser's own."""

    __tablename__ = "alert_choice"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("practitioner_id"),
        within_organization("practitioner_id", "practitioner", ondelete="CASCADE"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    practitioner_id: Mapped[int]
    bell: Mapped[bool] = mapped_column(default=True)
    desktop: Mapped[bool] = mapped_column(default=False)
    mail: Mapped[bool] = mapped_column(default=False)


class PushSubscription(Owned, Base):
    """A browser that shows alerts while no page is open. `key` and `secret` are its p256dh and auth in base64url."""

    __tablename__ = "push_subscription"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("organization_id", "endpoint"),
        within_organization("practitioner_id", "practitioner", ondelete="CASCADE"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    practitioner_id: Mapped[int]
    endpoint: Mapped[str] = mapped_column(String(1000))
    key: Mapped[str] = mapped_column(String(100))
    secret: Mapped[str] = mapped_column(String(40))
    since: Mapped[datetime]


def choice_of(session: Session, practitioner_id: int) -> AlertChoice:
    """What somebody has chosen; a new row with what holds for everybody when nothing was."""
    mine = select(AlertChoice).where(AlertChoice.practitioner_id == practitioner_id)
    return session.scalar(mine) or AlertChoice(practitioner_id=practitioner_id, bell=True, desktop=False, mail=False)


def choose(session: Session, by: Staff, *, bell: bool, desktop: bool, mail: bool) -> None:
    """Raises NotAllowed: only those who see the waiting room are alerted."""
    _require_alerted(by)
    chosen = choice_of(session, by.practitioner_id)
    chosen.bell, chosen.desktop, chosen.mail = bell, desktop, mail
    session.add(chosen)


def subscribe(session: Session, by: Staff, endpoint: str, key: str, secret: str, now: datetime) -> None:
    """Tell this browser by push; whoever subscribes last on a browser has it. Raises NotAllowed."""
    _require_alerted(by)
    known = session.scalar(select(PushSubscription).where(PushSubscription.endpoint == endpoint))
    browser = known or PushSubscription(endpoint=endpoint)
    browser.practitioner_id, browser.key, browser.secret, browser.since = by.practitioner_id, key, secret, now
    session.add(browser)
    session.flush()
    for oldest in browsers_of(session, by.practitioner_id)[MOST_BROWSERS:]:
        session.delete(oldest)


def unsubscribe(session: Session, by: Staff, endpoint: str | None) -> None:
    """Tell one browser no longer, or none of this person's when no endpoint is named."""
    for browser in browsers_of(session, by.practitioner_id):
        if endpoint in {None, browser.endpoint}:
            session.delete(browser)


def browsers_of(session: Session, practitioner_id: int) -> Sequence[PushSubscription]:
    """The newest first."""
    mine = select(PushSubscription).where(PushSubscription.practitioner_id == practitioner_id)
    return session.scalars(mine.order_by(PushSubscription.since.desc(), PushSubscription.id.desc())).all()


def _require_alerted(by: Staff) -> None:
    if not by.may(Permission.SEE_WAITING_ROOM):
        raise NotAllowed


def note_at_desk(session: Session, people: Collection[int], now: datetime | None) -> None:
    """These people have a page of the desk open, or with None no longer."""
    seen = {"at_desk_at": now} | ({"last_at_desk_at": now} if now else {})
    session.execute(update(Practitioner).where(Practitioner.id.in_(people)).values(**seen))


def answered(session: Session, conversation_id: int, by: Staff, now: datetime) -> None:
    """Whoever writes to a patient who waits has seen that they are there."""
    visit = session.scalar(select(Encounter).where(Encounter.conversation_id == conversation_id, unseen()))
    if visit is not None:
        visit.acknowledge(by, now)


@dataclass(frozen=True)
class Post:
    """A role that an active person holds, and what is needed to reach that person."""

    practitioner_id: int
    role: Role
    department_id: int | None
    name: str
    email: str
    locale: str
    at_desk: bool

    def covers(self, visit: Encounter) -> bool:
        """Whether the role shows this visit."""
        shown = Permission.SEE_WAITING_ROOM in GRANTS[self.role]
        return shown and self.department_id in {None, visit.department_id}

    @property
    def admits(self) -> bool:
        """Administrators may admit, but the care is not theirs."""
        return Permission.ADMIT in GRANTS[self.role] and self.role is not Role.ORGANIZATION_ADMINISTRATOR


@dataclass(frozen=True)
class Crew:
    """Everybody who works for the organisation, as they are placed at this moment."""

    posts: Sequence[Post]

    def alerted(self, visit: Encounter) -> set[int]:
        """Who is to be alerted of a visit that nobody has seen."""
        return self.everybody(visit) if visit.escalated_at else self.first(visit)

    def monitors(self, visit: Encounter) -> set[int]:
        return self._of(visit, lambda post: post.role is Role.WAITING_ROOM_MONITOR)

    def first(self, visit: Encounter) -> set[int]:
        monitors = self.monitors(visit)
        wanted = self._of(visit, lambda post: post.practitioner_id == visit.practitioner_id and post.at_desk)
        admitting = self._of(visit, lambda post: post.admits)
        return (wanted or admitting) | monitors or self.everybody(visit)

    def everybody(self, visit: Encounter) -> set[int]:
        return self._of(visit, lambda _post: True)

    def _of(self, visit: Encounter, fits: Callable[[Post], bool]) -> set[int]:
        return {post.practitioner_id for post in self.posts if post.covers(visit) and fits(post)}

    @cached_property
    def people(self) -> dict[int, Post]:
        """One post of everybody, to know how they are reached."""
        return {post.practitioner_id: post for post in self.posts}


def crew(session: Session, now: datetime) -> Crew:
    rows = session.execute(
        select(
            PractitionerRole.practitioner_id, PractitionerRole.role, PractitionerRole.department_id, Practitioner.name,
            Practitioner.email, Practitioner.locale, Practitioner.at_desk_at,
        )
        .join(Practitioner, Practitioner.id == PractitionerRole.practitioner_id)
        .where(Practitioner.active)
    )  # fmt: skip
    return Crew([
        Post(
            row.practitioner_id, row.role, row.department_id, row.name, row.email, row.locale,
            at_desk=row.at_desk_at is not None and row.at_desk_at > now - HERE,
        )
        for row in rows
    ])  # fmt: skip


def alerting(session: Session, who: Staff, now: datetime) -> list[Encounter]:
    """The visits that this person is to be alerted of, the longest wait first."""
    found = session.scalars(
        select(Encounter).where(unseen(), visible(who, Encounter)).order_by(Encounter.arrived_at, Encounter.id)
    ).all()
    everybody = crew(session, now) if found else Crew([])
    return [visit for visit in found if who.practitioner_id in everybody.alerted(visit)]


def still_unseen(session: Session, visit_id: int) -> Encounter:
    """The visit that work was planned for. Raises NoLongerWanted when somebody has seen it, or it is over."""
    visit = session.scalar(select(Encounter).where(Encounter.id == visit_id, unseen()))
    if visit is None:
        raise NoLongerWanted("somebody has seen the patient, or the visit is over")
    return visit


def tell_of_arrival(session: Session, visit_id: int, now: datetime, turn: int = 0) -> None:
    """The first alert, for those who are not at the desk; done again it tells nobody twice. Raises NoLongerWanted.

    `turn` names one arrival of the visit: whoever is passed on arrives anew.
    """
    visit = still_unseen(session, visit_id)
    patience = session.get_one(Organization, visit.organization_id).escalate_minutes
    if patience:
        since = now if turn else visit.arrived_at
        _plan(session, ESCALATION, visit, f"{visit.id}:{turn}", due=since + timedelta(minutes=patience), turn=turn)
    everybody = crew(session, now)
    _reach(session, visit, everybody, everybody.first(visit), f"first{turn}", now)


def tell_everybody(session: Session, visit_id: int, now: datetime, turn: int = 0) -> None:
    """Nobody has seen the patient in time: by all means chosen, and by mail where there is none at all.

    Raises NoLongerWanted.
    """
    visit = still_unseen(session, visit_id)
    visit.escalate(now)
    everybody = crew(session, now)
    people = everybody.everybody(visit)
    if not _reach(session, visit, everybody, people, f"everybody{turn}", now):
        _write_to(session, visit, [everybody.people[person] for person in people], now)


def patient_wrote(session: Session, visit: Encounter, seq: int, now: datetime) -> None:
    """A patient who waits has written this message: it is told to monitors who do not read it at the desk."""
    if visit.status in IN_LINE:
        _plan(session, MESSAGE, visit, f"{visit.id}:{seq}", due=now + UNREAD, seq=seq)


def tell_of_message(session: Session, visit_id: int, seq: int, now: datetime) -> None:
    """To every browser of the monitors, by push. Raises NoLongerWanted."""
    visit = still_unread(session, visit_id)
    people = crew(session, now).monitors(visit)
    for browser in session.scalars(select(PushSubscription).where(PushSubscription.practitioner_id.in_(people))):
        _plan(session, PUSH, visit, f"{visit.id}:message{seq}:{browser.id}", due=now, subscription=browser.id, message=seq)


def still_unread(session: Session, visit_id: int) -> Encounter:
    """The visit of a patient who waits for somebody to read. Raises NoLongerWanted."""
    visit = session.get(Encounter, visit_id)
    if visit is None or visit.status not in IN_LINE or not visit.conversation.unread_by_staff:
        raise NoLongerWanted("somebody has read the message, or the patient waits no longer")
    return visit


def _reach(
    session: Session, visit: Encounter, everybody: Crew, people: Collection[int], step: str, now: datetime
) -> bool:
    """Push and mail to those who chose it; whether there is anybody who notices, the desk's own signs included."""
    choices = {
        chosen.practitioner_id: chosen
        for chosen in session.scalars(select(AlertChoice).where(AlertChoice.practitioner_id.in_(people)))
    }
    browsers = session.scalars(select(PushSubscription).where(PushSubscription.practitioner_id.in_(people))).all()
    for browser in browsers:
        _plan(session, PUSH, visit, f"{visit.id}:{step}:{browser.id}", due=now, subscription=browser.id)
    by_mail = [everybody.people[person] for person, chosen in choices.items() if chosen.mail]
    _write_to(session, visit, [post for post in by_mail if not post.at_desk], now)
    return bool(browsers or by_mail or _somebody_at_desk(session, visit, everybody, people, choices))


def _somebody_at_desk(
    session: Session, visit: Encounter, everybody: Crew, people: Collection[int], choices: dict[int, AlertChoice]
) -> bool:
    sounds = session.get_one(Organization, visit.organization_id).sound_alarm

    def notices(person: int) -> bool:
        chosen = choices.get(person)
        return chosen.desktop or (chosen.bell and sounds) if chosen else sounds

    return any(everybody.people[person].at_desk and notices(person) for person in people)


def _plan(session: Session, kind: str, visit: Encounter, once: str, *, due: datetime, **payload: int) -> None:
    job.plan(session, kind, visit.organization_id, due=due, payload={"visit": visit.id, **payload}, once=once)


def _write_to(session: Session, visit: Encounter, people: Iterable[Post], now: datetime) -> None:
    """One mail to each, never a second one about the same visit."""
    for post in people:
        about = {
            "person_name": post.name, "department_name": visit.department.name, "department_id": visit.department_id,
            "visit": visit.id,
        }  # fmt: skip
        key = _key(f"arrival|{visit.uid}|{post.practitioner_id}")
        enqueue(session, MailKind.ARRIVAL, None, post.email, locale=post.locale, now=now, about=about, key=key)


def _key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def try_mail(session: Session, by: Staff, now: datetime) -> None:
    """The mail as it would come, marked as a trial, to oneself; once a minute at most. Raises NotAllowed."""
    _require_alerted(by)
    person = session.get_one(Practitioner, by.practitioner_id)
    about = {"person_name": person.name, "department_name": "–", "trial": True}
    key = _key(f"trial|{by.organization_id}|{by.practitioner_id}|{now:%Y-%m-%d %H:%M}")
    enqueue(session, MailKind.ARRIVAL, None, person.email, locale=person.locale, now=now, about=about, key=key)


def try_push(session: Session, by: Staff, now: datetime) -> int:
    """A push to every browser of one's own, once a minute at most; gives how many there are. Raises NotAllowed."""
    _require_alerted(by)
    browsers = browsers_of(session, by.practitioner_id)
    for browser in browsers:
        once = f"trial:{browser.id}:{now:%Y%m%d%H%M}"
        job.plan(session, PUSH, by.organization_id, due=now, payload={"subscription": browser.id}, once=once)
    return len(browsers)
