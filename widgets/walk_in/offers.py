"""Who can be visited now, and what to expect there: as plain data, for the page and for its live refresh."""

from __future__ import annotations

from datetime import datetime

from telehealth import clock, congestion, queue, walk_in
from telehealth.closed_day import closed_on
from telehealth.practitioner import Practitioner
from telehealth.queue import Crowd
from telehealth.walk_in import Offer
from telehealth.widget import Widget, WidgetKind
from web.house import session
from web.schema import Schema
from widgets.page import Setting
from widgets.walk_in.words import Words, words


class Wait(Schema):
    """`free` means no wait; `minutes` is unknown while there is too little to go by."""

    free: bool
    waiting: int
    minutes: int | None


class Person(Schema):
    id: int
    name: str
    title: Words
    initials: str
    languages: str
    wait: Wait | None


class DepartmentOffer(Schema):
    """`practitioners` is empty while nobody takes walk-ins there; `wait` is that of whoever is free first.

    `opens_at` (UTC) is when the next planned walk-in hour begins, within a week.
    """

    id: int
    name: Words
    description: Words
    practitioners: list[Person]
    wait: Wait | None
    opens_at: datetime | None


class Busy(Schema):
    """Busier than usual: the clinic's own words if it has some, and what to expect, unknown when None."""

    text: Words
    minutes: int | None


class Offers(Schema):
    """`closed` is the name of the closed day that today is."""

    departments: list[DepartmentOffer]
    closed: Words | None
    busy: Busy | None


def offers_of(setting: Setting) -> Offers:
    """The widget's departments, those with somebody there first."""
    found = walk_in.on_offer(session(), setting.widget, clock.now())
    setting.texts.prefetch([*(o.department for o in found), *(p for o in found for p in o.practitioners)])
    crowds = queue.crowds(session(), [o.department.id for o in found])
    shown = [_department(setting, offer, crowds[offer.department.id]) for offer in found]
    return Offers(
        departments=sorted(shown, key=lambda department: not department.practitioners),
        closed=_closed_today(setting), busy=_busy(setting, shown),
    )  # fmt: skip


def _busy(setting: Setting, shown: list[DepartmentOffer]) -> Busy | None:
    if not congestion.is_busy(session(), setting.widget):
        return None
    known = [offer.wait.minutes for offer in shown if offer.wait and offer.wait.minutes]
    return Busy(text=words(setting.texts.of(setting.widget, "busy_text")), minutes=max(known, default=None))


def _closed_today(setting: Setting) -> Words | None:
    today = clock.now().astimezone(setting.organization.tz).date()
    found = closed_on(session(), today)
    return words(setting.texts.of(found, "name")) if found else None


def _department(setting: Setting, offer: Offer, crowd: Crowd) -> DepartmentOffer:
    text = setting.texts.of
    people = [_person(setting, person, crowd) for person in offer.practitioners]
    some_free = any(person.id not in crowd.busy for person in offer.practitioners)
    return DepartmentOffer(
        id=offer.department.id, name=words(text(offer.department, "name")),
        description=words(text(offer.department, "description")), practitioners=people,
        wait=_wait(setting, crowd, None, some_free) if people else None,
        opens_at=offer.opens_at,
    )  # fmt: skip


def _person(setting: Setting, person: Practitioner, crowd: Crowd) -> Person:
    return Person(
        id=person.id, name=person.name, title=words(setting.texts.of(person, "title")), initials=person.initials,
        languages=person.languages, wait=_wait(setting, crowd, person.id, person.id not in crowd.busy),
    )  # fmt: skip


def _wait(setting: Setting, crowd: Crowd, practitioner_id: int | None, idle: bool) -> Wait | None:
    if not setting.organization.show_place:
        return None
    before = crowd.before(practitioner_id)
    free = idle and not before
    return Wait(free=free, waiting=before, minutes=None if free else crowd.minutes(before + 1))


def other_ways(setting: Setting) -> list[Widget]:
    """The clinic's other widgets, for when nobody is there."""
    wanted = (WidgetKind.BOOKING, WidgetKind.CHAT)
    rows = session().query(Widget).filter(Widget.active, Widget.kind.in_(wanted)).order_by(Widget.id)
    found: dict[WidgetKind, Widget] = {}
    for row in rows:
        found.setdefault(row.kind, row)
    return [found[kind] for kind in wanted if kind in found]
