"""Booking without JavaScript: the same steps as plain pages and forms.

Links only read, and carry the search alone. Whoever chooses a time sends forms from there on: the visitor's token and all
that was typed travel in their hidden fields, never in an address.
"""

from __future__ import annotations

import calendar
import re
import secrets
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_skeleton, format_time
from babel.numbers import format_decimal
from babel.units import format_unit
from flask import Blueprint, Response, request
from flask_babel import gettext as _
from flask_babel import ngettext
from pydantic import ConfigDict, StringConstraints
from sqlalchemy.exc import OperationalError

from telehealth import booking, clock, organization
from telehealth.booking import Search, UnknownSlot
from telehealth.database import DatabaseBusy
from telehealth.hold import TooManyHolds
from telehealth.practitioner import Practitioner
from telehealth.schedule import Slot
from telehealth.visit_type import Mode
from telehealth.widget import PATIENT_FIELDS, FieldKind, UnknownWidget, WidgetKind
from web import errors, limits, locale
from web.endpoint import Access, endpoint
from web.errors import Refusal
from web.house import house, session
from web.origin import require_own_origin
from web.schema import Answers, ClientId, Name, Schema
from web.visitor import SessionEnded, Visitor, new_name, read
from widgets.answers import PatientBody
from widgets.booking import routes, zones
from widgets.booking.routes import Choice, HoldBody, Id, departments_of
from widgets.page import Setting, draw, framed, grant, setting_for, setting_of

booking_widget_plain = Blueprint("booking_widget_plain", __name__, template_folder="templates")
booking_widget_plain.bears_tokens = True  # type: ignore[attr-defined]

Month = Annotated[str, StringConstraints(pattern=r"^20\d\d-(0[1-9]|1[0-2])$")]
NUMBER, WHOM = "[0-9]{0,9}", "([0-9]{1,9})?(-[0-9]{1,9})?"
Whom = Annotated[str, StringConstraints(pattern=f"^{WHOM}$")]
Part = Annotated[str, StringConstraints(max_length=20)]
Date = date  # a field called date hides the type
CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{8,40}")
Zone = Annotated[str, StringConstraints(max_length=60)]
SEARCH = ("visit", "whom")


class PlainQuery(Schema):
    """A search: `whom` is a department's number, `-` and a person's, each where chosen. What else the address says is let pass."""

    model_config = ConfigDict(extra="ignore")

    visit: Id | None = None
    whom: Whom = ""
    department: Name = ""
    month: Month | None = None
    date: Date | None = None
    zone: Zone = ""


class PlainBody(Schema):
    """What every form carries on: who the visitor is, the search, the chosen time and all that was typed. `email` and `until`
    are asked on pages of their own, where one waits for a time or has lost a link."""

    visitor: str
    client_id: ClientId | Literal[""] = ""
    visit: Id | None = None
    whom: Whom = ""
    month: Month | None = None
    date: Date | None = None
    zone: Zone = ""
    slot: Annotated[str, StringConstraints(max_length=40)] = ""
    patient: PatientBody = PatientBody()
    birth_day: Part = ""
    birth_month: Part = ""
    birth_year: Part = ""
    answers: Answers = {}
    accept_terms: bool = False
    reason: Annotated[str, StringConstraints(max_length=4000)] = ""
    email: Annotated[str, StringConstraints(max_length=254)] = ""
    until: Part = ""

    def as_patient(self) -> PatientBody:
        year, month, day = (_digits(part) for part in (self.birth_year, self.birth_month, self.birth_day))
        told = f"{year}-{month:0>2}-{day:0>2}" if year or month or day else None
        return PatientBody.model_validate(self.patient.model_dump() | {"birth_date": told})


TYPED = set(PlainBody.model_fields) - {"visitor", "client_id", "patient", "answers", "email", "until"}


def _digits(written: str) -> str:
    """Figures of other scripts as dates are read."""
    return "".join(str(unicodedata.decimal(one, one)) for one in unicodedata.normalize("NFKC", written))


@dataclass(frozen=True)
class Step:
    """Where a visitor stands; without a name nothing has been sent yet, and links lead back."""

    setting: Setting
    visit: int | None
    whom: str
    visitor: str = ""
    zone: str = ""

    @property
    def tz(self) -> ZoneInfo:
        """In which the times are said: the chosen one, else the clinic's."""
        return ZoneInfo(self.zone) if self.zone in zones.places() else self.setting.organization.tz

    @property
    def department(self) -> int | None:
        number = self.whom.partition("-")[0]
        return int(number) if number else None

    @property
    def practitioner(self) -> int | None:
        number = self.whom.partition("-")[2]
        return int(number) if number else None

    def search(self) -> Search:
        """Raises Refusal when the widget does not offer that department."""
        return Search(departments_of(self.setting, self.department), self.practitioner, self.visit, visitor=self.visitor)

    def hold(self, slot: str) -> HoldBody:
        return HoldBody(slot=slot, department=self.department, practitioner=self.practitioner, visit=self.visit)

    def address(self, path: str = "", **query: str) -> str:
        """Of a page that only reads, in the same language."""
        told = {"lang": request.args.get("lang"), "visit": self.visit, "whom": self.whom, "zone": self.zone, **query}
        asked = urlencode({name: value for name, value in told.items() if value})
        return f"/w/{self.setting.widget.key}/plain{path}" + (f"?{asked}" if asked else "")


def step_of(visitor: Visitor, body: PlainBody) -> Step:
    return Step(setting_for(visitor), body.visit, body.whom, visitor.name, body.zone)


def step_of_query(setting: Setting, query: PlainQuery) -> Step:
    return Step(setting, query.visit, query.whom, zone=query.zone)


def setting_of_plain(key: str) -> Setting:
    """Raises UnknownWidget, also for widgets that book nothing."""
    setting = setting_of(key)
    if setting.widget.kind is not WidgetKind.BOOKING:
        raise UnknownWidget
    return setting


@booking_widget_plain.before_request
def own_pages_only() -> None:
    if request.method == "POST":
        require_own_origin()


# — the month


@endpoint(booking_widget_plain, "/w/<key>/plain", access=Access.PUBLIC, query=PlainQuery)
def month(key: str, query: PlainQuery) -> Response:
    """Booking without scripts: what for, with whom, and the days that have free times."""
    limits.hit("plain_page", limits.network())
    setting = setting_of_plain(key)
    choices = routes.choices_of(setting)
    whom = query.whom or _department(setting, choices, query.department)
    return _month(replace(step_of_query(setting, query), whom=whom), choices, query.month)


def _department(setting: Setting, choices: list[Choice], wanted: str) -> str:
    """The one that the page around has named, by its number or its name."""
    found = (str(one.department.id) for one in choices if wanted in (str(one.department.id), one.department.name))
    return next(found, "") if wanted and len(choices) > 1 else ""


@endpoint(booking_widget_plain, "/w/<key>/plain", method="POST", access=Access.VISITOR, body=PlainBody, form=True)
def other_month(key: str, visitor: Visitor, body: PlainBody) -> Response:
    """The same for somebody who has typed something already, which is kept."""
    step = step_of(visitor, body)
    return _month(step, routes.choices_of(step.setting), body.month)


def _month(step: Step, choices: list[Choice], wanted: str | None) -> Response:
    setting, now = step.setting, clock.now()
    today, last = now.astimezone(setting.organization.tz).date(), organization.times(session()).horizon(now)
    first = date.fromisoformat(f"{wanted}-01") if wanted else today.replace(day=1)
    counts = booking.month_of(session(), step.search(), first.year, first.month, now)
    some = any(counts.values())
    following = None if some else booking.next_free_day(session(), step.search(), max(counts), now)
    kinds = routes.kinds_of(setting)
    own = [name for name, asked in zip(SEARCH, (len(kinds) > 1, choices), strict=True) if asked]
    before, after = first - timedelta(days=1), first + timedelta(days=31)
    return page(
        "plain_month.html", step, ("slot", "date", "month", *own), choices=choices, kinds=kinds, first=first, some=some,
        following=following, weeks=_weeks(first, counts, today), weekdays=routes.weekdays(),
        nothing=not some and not following and first <= today, buttons=True,
        before=f"{before:%Y-%m}" if first > today else "", after=f"{after:%Y-%m}" if after.replace(day=1) <= last else "",
    )  # fmt: skip


def _weeks(first: date, counts: dict[date, int], today: date) -> list[list[dict[str, Any] | None]]:
    """As a calendar on the wall shows them; days of other months are None."""
    weeks = calendar.Calendar(_babel().first_week_day).monthdatescalendar(first.year, first.month)
    return [[_day(day, counts[day], today) if day in counts else None for day in week] for week in weeks]


def _day(day: date, free: int, today: date) -> dict[str, Any]:
    told = ngettext("{day}, {count} free", "{day}, {count} free", free) if free else _("{day}, nothing free")
    words = _say(told, day=_date(day), count=_number(free))
    return {"date": day.isoformat(), "number": _number(day.day), "words": words, "free": free, "today": day == today}


# — the day


@endpoint(booking_widget_plain, "/w/<key>/plain/day", access=Access.PUBLIC, query=PlainQuery)
def day(key: str, query: PlainQuery) -> Response:
    """Booking without scripts: the free times of a day, each a button."""
    limits.hit("plain_page", limits.network())
    setting = setting_of_plain(key)
    return _times(step_of_query(setting, query), _asked(query.date))


@endpoint(booking_widget_plain, "/w/<key>/plain/day", method="POST", access=Access.VISITOR, body=PlainBody, form=True)
def other_day(key: str, visitor: Visitor, body: PlainBody) -> Response:
    """The same for somebody who has typed something already, which is kept."""
    step = step_of(visitor, body)
    return _times(step, body.date or _asked(_day_of(step.setting, body.slot)))


def _asked(wanted: date | None) -> date:
    if wanted is None:
        raise Refusal("unknown", 404)
    return wanted


def _day_of(setting: Setting, slot: str) -> date | None:
    with suppress(UnknownSlot):
        return booking.time_of(slot).astimezone(setting.organization.tz).date()
    return None


def _times(step: Step, wanted: date) -> Response:
    found = booking.day_of(session(), step.search(), wanted, clock.now())
    slots = list({slot.start: slot for slot in reversed(found)}.values())[::-1]
    count = ngettext("{count} free time of {minutes}.", "{count} free times of {minutes}.", len(slots))
    told = _say(count, count=_number(len(slots)), minutes=_length(slots[0])) if slots else ""
    return page(
        "plain_day.html", step, ("slot", "date", "month", "zone"), slots=slots, told=told, date=wanted, zone=routes.zone_words(step.tz),
        zones=zones.zones(locale.current_tag()), elsewhere=lambda moment: _other_day(moment.astimezone(step.tz).date(), wanted),
    )


def _at_the_clinic(step: Step, moment: datetime) -> str:
    """What its clock shows, for those who have chosen another."""
    there = step.setting.organization.tz
    return "" if step.tz == there else str(format_datetime(moment, "full", tzinfo=there, locale=_babel()))


def _other_day(there: date, wanted: date) -> str:
    """The weekday on one's own clock where it is not the clinic's."""
    return "" if there == wanted else str(format_skeleton("MMMEd", there, locale=_babel()))


# — the details


@endpoint(booking_widget_plain, "/w/<key>/plain/details", method="POST", access=Access.VISITOR, body=PlainBody, form=True)
def details(key: str, visitor: Visitor, body: PlainBody) -> Response:
    """Keep the chosen time and ask who it is for."""
    step = step_of(visitor, body)
    try:
        return _details(step, body.slot)
    except Refusal as refusal:
        return _taken_or_raise(step, body.slot, refusal)


def _details(step: Step, slot_id: str, refusal: Refusal | None = None) -> Response:
    """Raises Refusal with the nearest free times when this one is gone."""
    now = clock.now()
    try:
        until = routes.keep(step.setting, step.visitor, step.hold(slot_id), now)
    except TooManyHolds:
        session().rollback()
        until = None
    return _form(step, slot_id, refusal, until)


def _form(step: Step, slot_id: str, refusal: Refusal | None, until: datetime | None) -> Response:
    setting, now = step.setting, clock.now()
    slot = booking.find_slot(session(), slot_id, now, departments_of(setting, step.department))
    kind = next(((kind, price) for kind, price in routes.kinds_of(setting) if kind.id == slot.visit_type_id), None)
    calls = kind is not None and kind[0].mode is Mode.PHONE and not routes.asks_phone(setting.widget)
    wrong = refusal.fields if refusal else {}
    return page(
        "plain_details.html", step, (), only=(*SEARCH, "slot", "zone"), status=refusal.status if refusal else 200, slot=slot,
        zone=routes.zone_words(step.tz), name=_name(slot), minutes=_length(slot), kind=kind, calls=calls, until=until, refusal=refusal, wrong=wrong,
        faults=list(_faults(setting, wrong, calls=calls)), typed=request.form,
    )  # fmt: skip


def _faults(setting: Setting, wrong: dict[str, str], *, calls: bool) -> Iterator[tuple[str, str, str]]:
    """The summary, in the order of the fields: whose label, what is wrong, and the id of the input."""
    known = {
        _place(field.kind, field.key): (str(setting.texts.of(field, "label")) or field.key, f"f-{field.key}")
        for field in setting.widget.fields
    }
    known |= ({"patient.phone": (_("Phone"), "f-call")} if calls else {}) | {"accept_terms": ("", "f-terms")}
    for name in [*(name for name in known if name in wrong), *(name for name in wrong if name not in known)]:
        label, place = known.get(name, ("", ""))
        yield label, wrong[name], place


def _place(kind: FieldKind, key: str) -> str:
    if kind in PATIENT_FIELDS:
        return f"patient.{kind.value}"
    return "reason" if kind is FieldKind.REASON else f"answers.{key}"


def _taken_or_raise(step: Step, slot_id: str, refusal: Refusal) -> Response:
    """Somebody else was faster: the nearest free times, and all that was typed stays."""
    if "nearest" not in refusal.extra:
        raise refusal
    nearest = [
        {"id": one["id"], "start": datetime.fromisoformat(one["start"]), "name": one["practitioner"]}
        for one in refusal.extra["nearest"]
    ]
    with suppress(UnknownSlot):
        taken = booking.time_of(slot_id)
        return page(
            "plain_taken.html", step, ("slot", "date", "month"), status=409, nearest=nearest, taken=taken,
            day=_day_of(step.setting, slot_id), refusal=refusal,
        )  # fmt: skip
    raise refusal


# — the appointment


@endpoint(
    booking_widget_plain, "/w/<key>/plain/appointments", method="POST", access=Access.VISITOR, body=PlainBody, form=True
)
def appointment(key: str, visitor: Visitor, body: PlainBody) -> Response:
    """Book the time and show the appointment; sent again it is booked once."""
    step = step_of(visitor, body)
    wish = routes.AppointmentBody(
        client_id=body.client_id or secrets.token_urlsafe(16), patient=body.as_patient(), answers=body.answers,
        accept_terms=body.accept_terms, reason=body.reason, **step.hold(body.slot).model_dump(),
    )  # fmt: skip
    try:
        made = routes.appointment(step.setting, visitor, wish)
    except Refusal as refusal:
        return _taken_or_raise(step, body.slot, refusal)
    begins, ends, welcome = (datetime.fromisoformat(made[name]) for name in ("start", "end", "welcome_from"))
    return page(
        "plain_booked.html", step, (), only=("zone",), made=made, begins=begins, ends=ends, welcome=welcome,
        kept=datetime.fromisoformat(made["payment"]["until"]) if made["payment"] and made["payment"]["until"] else None,
        earlier=begins != booking.time_of(body.slot), email=body.patient.email, zone=routes.zone_words(step.tz), clinic_time=_at_the_clinic(step, begins),
        status=201,
    )  # fmt: skip


@endpoint(
    booking_widget_plain, "/w/<key>/plain/appointments/<uid>/calendar", method="POST", access=Access.VISITOR, body=PlainBody,
    form=True,
)  # fmt: skip
def appointment_calendar(key: str, visitor: Visitor, body: PlainBody, uid: str) -> Response:
    """The appointment as a calendar file, for the visitor who made it."""
    return routes.calendar_file(setting_for(visitor), visitor, uid)


# — what all of them need


def page(
    template: str, step: Step, leave_out: tuple[str, ...], *, only: tuple[str, ...] | None = None, status: int = 200, **values: Any
) -> Response:  # fmt: skip
    """A page whose forms carry on what was sent, without what the page itself asks for, or only some of it."""
    setting = step.setting
    posted = request.method == "POST"
    sent = request.form if posted else {"visit": str(step.visit or ""), "whom": step.whom, "zone": step.zone}
    carried = {
        name: value
        for name, value in sent.items()
        if value and name not in leave_out and _is_carried(name) and (only is None or name in only)
    }
    html = draw(
        template, setting, step=step, posted=posted, carried=_identity(step, sent) | carried, say=_say, date_of=_date,
        month_of=_month_words, time_of=lambda moment: _time(moment, step.tz),
        day_of=lambda moment: _date(moment.astimezone(step.tz).date()), **{"buttons": posted} | values,
    )  # fmt: skip
    return framed(setting, html, status)


def _is_carried(name: str) -> bool:
    return name in TYPED or name.startswith(("patient.", "answers."))


def _identity(step: Step, sent: Any) -> dict[str, str]:
    """Who sends the next form, and as what: the name stays once it was given, and so does the name of the booking."""
    token, _ends = grant(step.setting.widget, step.visitor or new_name(), step.setting.locale)
    named = sent.get("client_id", "")
    return {"visitor": token, "client_id": named if CLIENT_ID.fullmatch(named) else secrets.token_urlsafe(16)}


@booking_widget_plain.errorhandler(Exception)
def refused(error: Exception) -> Response:
    """What was typed is shown again with what is to be said about it; a form that cannot be trusted gets a page without it."""
    refusal = errors.refusal_of(error)
    answer, again = errors.answer(refusal), None
    try:
        session().rollback()
        again = _again(refusal)
        if again is None:
            framed(setting_of((request.view_args or {}).get("key", "")), "")  # its sites may show the refusal too
    except (UnknownWidget, DatabaseBusy, OperationalError):
        return answer
    if again is None:
        return errors.answer(refusal)  # in the widget's language
    if "Retry-After" in answer.headers:
        again.headers["Retry-After"] = answer.headers["Retry-After"]
    return again


def _again(refusal: Refusal) -> Response | None:
    """The details as they were sent; None where they were not, or whose sender is not known."""
    step = _sent_step() if refusal.status not in {403, 404, 409, 413} else None
    if step is None:
        return None
    slot_id = request.form["slot"]
    try:
        return _details(step, slot_id, refusal) if refusal.status == 422 else _form(step, slot_id, refusal, None)
    except UnknownSlot:
        return None
    except Refusal as gone:
        return _taken_or_raise(step, slot_id, gone)


def _sent_step() -> Step | None:
    """Where the form was sent from, however it was filled in."""
    if request.method != "POST" or not request.form.get("slot"):
        return None
    visitor = _sender((request.view_args or {})["key"])
    visit, whom = request.form.get("visit", ""), request.form.get("whom", "")
    if visitor is None or not re.fullmatch(NUMBER, visit) or not re.fullmatch(WHOM, whom):
        return None
    return Step(setting_for(visitor), int(visit) if visit else None, whom, visitor.name, request.form.get("zone", ""))


def _sender(key: str) -> Visitor | None:
    """Whose token the form bears, even when it has ended since; None when it is not one of this widget."""
    try:
        found = read(house().settings.secret_key, request.form.get("visitor", ""))
    except SessionEnded as ended:
        found = ended.who
    except Refusal:
        return None
    return found if found.widget == key else None


def _say(words: str, **values: object) -> str:
    """Words with places such as {day}, as scripts fill them."""
    return re.sub(r"\{(\w+)\}", lambda place: str(values[place[1]]), str(words))


def _babel() -> Any:
    return locale.babel_locale(locale.current_tag())


def _date(day: date) -> str:
    return str(format_date(day, "full", locale=_babel()))


def _month_words(day: date) -> str:
    return str(format_skeleton("yMMMM", day, locale=_babel()))


def _time(moment: datetime, zone: ZoneInfo) -> str:
    return str(format_time(moment, "short", tzinfo=zone, locale=_babel()))


def _number(number: int) -> str:
    return str(format_decimal(number, locale=_babel()))


def _length(slot: Slot) -> str:
    minutes = (slot.end - slot.start) // timedelta(minutes=1)
    return str(format_unit(minutes, "duration-minute", length="long", locale=_babel()))


def _name(slot: Slot) -> str:
    return session().get_one(Practitioner, slot.practitioner_id).name
