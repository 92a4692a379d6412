"""What the codes in a clinic's texts become: names, times and links, in the organisation's wall time."""

from __future__ import annotations

from datetime import datetime, timedelta

from babel.dates import format_date, format_time, get_timezone_name
from babel.units import format_unit
from flask_babel import gettext as _
from flask_babel import ngettext

from telehealth.booking import Appointment
from telehealth.database import session_of
from telehealth.organization import Organization
from telehealth.participant import Participant
from telehealth.ticket import Ticket
from telehealth.translation import Texts
from telehealth.visit_type import Mode
from telehealth.waiting_room import Encounter
from web import locale
from web.money import price


def of_appointment(appointment: Appointment, organization: Organization, base_url: str, tag: str) -> dict[str, str]:
    """For APPOINTMENT_CODES, in one language; `visit_mode` is for whoever draws them."""
    return facts_of(appointment, organization, tag) | {
        "consult_deeplink": _link(appointment, base_url), "portal_deeplink": portal_link_to(appointment.ticket, base_url),
        "visit_how": _how(appointment, organization, base_url, tag), "visit_mode": appointment.mode.value,
    }  # fmt: skip


def _how(appointment: Appointment, organization: Organization, base_url: str, tag: str) -> str:
    """What is booked and how patient and practitioner meet, with the link, in the language that is set."""
    kind = appointment.visit_type
    texts = Texts(session_of(appointment), tag, organization.locale)
    told = [str(texts.of(kind, "name"))] if kind else []
    told += [amount] if (amount := price(appointment.price, appointment.currency, tag)) else []
    return "\n\n".join([*([" · ".join(told)] if told else []), _way(appointment, organization, texts, tag) + f"\n{_link(appointment, base_url)}"])


def _way(appointment: Appointment, organization: Organization, texts: Texts, tag: str) -> str:
    kind, phone = appointment.visit_type, appointment.patient.phone
    if appointment.mode is Mode.PHONE:
        called = _("We call you at this time on %(phone)s.", phone=phone) if phone else _("We call you at this time.")
        return " ".join([called, _("Open this link to look at your appointment:")])
    if appointment.mode is Mode.ON_SITE:
        place = str(texts.of(kind, "place")) if kind and kind.place else ""
        come = _("Please come to: %(place)s.", place=place) if place else _("Please come to the clinic.")
        return " ".join([come, _("Open this link to look at your appointment:")])
    welcome = _time(appointment.start - timedelta(minutes=organization.welcome_minutes), organization, tag)
    return _("Open this link to come to the waiting room. You are welcome from %(time)s:", time=welcome)


def facts_of(appointment: Appointment, organization: Organization, tag: str) -> dict[str, str]:
    """The same without links, which are told to their holder only."""
    welcome = appointment.start - timedelta(minutes=organization.welcome_minutes)
    return _moment(appointment.start, organization, tag) | {
        "patient_name": appointment.patient.name,
        "department_name": appointment.department.name,
        "practitioner_name": appointment.practitioner.name,
        "organization_name": organization.name,
        "organization_phone": organization.phone,
        "appointment_end_time": _time(appointment.end, organization, tag),
        "appointment_welcome_from": _time(welcome, organization, tag),
        "time_zone": get_timezone_name(
            organization.tz, width="long", zone_variant="generic", locale=locale.babel_locale(tag)
        ),
    }


def for_staff(appointment: Appointment, organization: Organization, base_url: str, tag: str) -> dict[str, str]:
    """For STAFF_CODES but who reads it, in the language that is set."""
    facts = facts_of(appointment, organization, tag)
    del facts["patient_name"]
    return facts | {"meeting_way": way_of(appointment.mode), "calendar_link": calendar_link(appointment, organization, base_url)}


def of_delay(appointment: Appointment, minutes: int, organization: Organization, tag: str) -> dict[str, str]:
    """How late it gets and when it begins then, in the language that is set."""
    told = ngettext("%(num)d minute", "%(num)d minutes", minutes)
    return {"delay": told, "expected_time": _time(appointment.start + timedelta(minutes=minutes), organization, tag)}


def way_of(mode: Mode) -> str:
    """How patient and practitioner meet, in the language that is set."""
    ways = {Mode.VIDEO: _("By video"), Mode.PHONE: _("By telephone"), Mode.CHAT: _("In writing"), Mode.ON_SITE: _("On site")}
    return ways[mode]


def calendar_link(appointment: Appointment, organization: Organization, base_url: str) -> str:
    """The day of it in the desk's calendar."""
    return f"{base_url}/desk/calendar?date={appointment.start.astimezone(organization.tz).date()}"


def link_lines(appointment: Appointment, organization: Organization, base_url: str, tag: str) -> str:
    """When, with whom, and below it the link."""
    when, name = moment(appointment.start, organization, tag), appointment.practitioner.name
    return f"{when}, {name}\n{_link(appointment, base_url)}"


def _link(appointment: Appointment, base_url: str) -> str:
    return link_to(appointment.ticket, base_url)


def link_to(held: Ticket, base_url: str) -> str:
    """The address of a personal link. The secret stands behind the #, which no server sees."""
    return f"{base_url}/visit#{held.token}"


def participants_link(held: Ticket, base_url: str) -> str:
    """The personal link of somebody invited beside the patient."""
    return f"{base_url}/visit/guest#{held.token}"


def of_participant(who: Participant, facts: dict[str, str], base_url: str) -> dict[str, str]:
    """For PARTICIPANT_CODES, from the facts of the appointment or visit."""
    return facts | {"participant_name": who.person.name, "participant_link": participants_link(who.ticket, base_url)}


def portal_link_to(held: Ticket, base_url: str) -> str:
    """The door of the patient's own pages, which opens with a PIN."""
    return f"{base_url}/portal/#{held.token}"


def length(minutes: int, tag: str) -> str:
    """So many minutes, in words."""
    return str(format_unit(minutes, "duration-minute", "long", locale=locale.babel_locale(tag)))


def of_visit(visit: Encounter, organization: Organization, texts: Texts, tag: str) -> dict[str, str]:
    """For VISIT_CODES. Of somebody without an appointment, the moment of arrival stands for its time."""
    person = visit.admitted_by or visit.practitioner
    return _moment(visit.planned_start or visit.arrived_at, organization, tag) | {
        "patient_name": visit.patient.name,
        "organization_name": str(texts.of(organization, "name")),
        "organization_phone": organization.phone,
        "department_name": str(texts.of(visit.department, "name")),
        "practitioner_name": person.name if person else "",
    }


def _moment(moment: datetime, organization: Organization, tag: str) -> dict[str, str]:
    day = format_date(moment.astimezone(organization.tz), "full", locale=locale.babel_locale(tag))
    return {"appointment_date": day, "appointment_time": _time(moment, organization, tag)}


def moment(found: datetime, organization: Organization, tag: str) -> str:
    """Day and time in the organisation's zone."""
    return ", ".join(_moment(found, organization, tag).values())


def _time(moment: datetime, organization: Organization, tag: str) -> str:
    return str(format_time(moment, "short", tzinfo=organization.tz, locale=locale.babel_locale(tag)))
