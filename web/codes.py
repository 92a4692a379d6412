"""What the codes in a clinic's texts become: names, times and links, in the organisation's wall time."""

from __future__ import annotations

from datetime import datetime, timedelta

from babel.dates import format_date, format_time, get_timezone_name

from telehealth.booking import Appointment
from telehealth.organization import Organization
from telehealth.translation import Texts
from telehealth.waiting_room import Encounter
from web import locale


def of_appointment(appointment: Appointment, organization: Organization, base_url: str, tag: str) -> dict[str, str]:
    """For APPOINTMENT_CODES, in one language."""
    return facts_of(appointment, organization, tag) | {
        "consult_deeplink": _link(appointment, base_url), "portal_deeplink": f"{base_url}/portal/"
    }  # fmt: skip


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


def link_lines(appointment: Appointment, organization: Organization, base_url: str, tag: str) -> str:
    """When, with whom, and below it the link."""
    when, name = moment(appointment.start, organization, tag), appointment.practitioner.name
    return f"{when}, {name}\n{_link(appointment, base_url)}"


def _link(appointment: Appointment, base_url: str) -> str:
    return f"{base_url}/visit#{appointment.ticket.token}"


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
