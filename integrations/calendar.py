"""Calendars: an appointment as iCalendar, with a stable UID, so that a change replaces and a cancellation removes it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from flask_babel import gettext as _
from icalendar import Calendar, Event, vCalAddress, vText

from config import Settings
from telehealth import clock
from telehealth.booking import Appointment, AppointmentStatus
from telehealth.organization import Organization


def invitation(appointment: Appointment, organization: Organization, settings: Settings) -> dict[str, str]:
    """The calendar file that goes with a mail: REQUEST while it stands, CANCEL when it does not."""
    method = "CANCEL" if appointment.status is AppointmentStatus.CANCELLED else "REQUEST"
    text = as_calendar(appointment, organization, settings, method).to_ical().decode()
    return {"name": "appointment.ics", "type": f"text/calendar; method={method}; charset=utf-8", "text": text}


def as_calendar(appointment: Appointment, organization: Organization, settings: Settings, method: str) -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", "-//Konsulto//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    event = _event(appointment, organization, settings)
    if method != "PUBLISH" and appointment.patient.email:  # an invitation needs somebody who is invited
        event.add("attendee", _attendee(appointment))
    calendar.add_component(event)
    return calendar


def feed_of(appointments: Sequence[Appointment], organization: Organization, settings: Settings) -> Calendar:
    """What a calendar program of a practitioner reads: when and where, and the way to the desk; nobody's name."""
    calendar = Calendar()
    calendar.add("prodid", "-//Konsulto//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", organization.name)
    calendar.add("refresh-interval", timedelta(minutes=15), parameters={"value": "DURATION"})
    for appointment in appointments:
        calendar.add_component(_busy(appointment, organization, settings))
    return calendar


def _busy(appointment: Appointment, organization: Organization, settings: Settings) -> Event:
    event = Event()
    event.add("uid", f"{appointment.uid}-desk@konsulto")
    event.add("sequence", appointment.sequence)
    event.add("dtstamp", clock.now())
    event.add("dtstart", appointment.start)
    event.add("dtend", appointment.end)
    event.add("summary", _("Appointment, %(department)s", department=appointment.department.name))
    event.add("url", f"{settings.base_url}/desk/calendar?date={appointment.start.astimezone(organization.tz).date()}")
    event.add("transp", "OPAQUE")
    return event


def _event(appointment: Appointment, organization: Organization, settings: Settings) -> Event:
    """Nothing about health: who, where and when."""
    link = f"{settings.base_url}/visit#{appointment.ticket.token}"
    event = Event()
    event.add("uid", f"{appointment.uid}@konsulto")
    event.add("sequence", appointment.sequence)
    event.add("dtstamp", clock.now())
    event.add("dtstart", appointment.start)
    event.add("dtend", appointment.end)
    event.add("summary", _("Appointment at %(organization)s", organization=organization.name))
    event.add("status", "CANCELLED" if appointment.status is AppointmentStatus.CANCELLED else "CONFIRMED")
    event.add("url", link)
    event.add("location", link)
    event.add("organizer", _organizer(organization, settings))
    event.add("last-modified", clock.now())
    event.add("transp", "OPAQUE")
    return event


def _attendee(appointment: Appointment) -> vCalAddress:
    attendee = vCalAddress(f"mailto:{appointment.patient.email}")
    attendee.params["cn"] = vText(appointment.patient.name)
    attendee.params["partstat"], attendee.params["rsvp"] = vText("ACCEPTED"), vText("FALSE")
    return attendee


def _organizer(organization: Organization, settings: Settings) -> vCalAddress:
    organizer = vCalAddress(f"mailto:{settings.mail_from}")
    organizer.params["cn"] = vText(organization.name)
    return organizer
