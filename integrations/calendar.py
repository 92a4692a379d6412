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
from telehealth.participant import Participant
from telehealth.visit_type import Mode
from web import codes


def invitation(appointment: Appointment, organization: Organization, settings: Settings) -> dict[str, str]:
    """The calendar file that goes with a mail: REQUEST while it stands, CANCEL when it does not."""
    method = "CANCEL" if appointment.status is AppointmentStatus.CANCELLED else "REQUEST"
    text = as_calendar(appointment, organization, settings, method).to_ical().decode()
    return {"name": "appointment.ics", "type": f"text/calendar; method={method}; charset=utf-8", "text": text}


def participants_invitation(who: Participant, appointment: Appointment, organization: Organization, settings: Settings) -> dict[str, str]:
    """The same for somebody invited beside the patient: an entry of their own, with their own link; it names no patient."""
    stands = appointment.status is not AppointmentStatus.CANCELLED and who.removed_at is None
    method = "REQUEST" if stands else "CANCEL"
    calendar = _calendar(method)
    event, link = _event(appointment, organization, settings), codes.participants_link(who.ticket, settings.base_url)
    own = {"uid": f"{who.uid}@konsulto", "sequence": who.sequence, "url": link, "location": link, "status": "CONFIRMED" if stands else "CANCELLED"}
    for name, value in own.items():
        del event[name]
        event.add(name, value)
    event.add("attendee", _invited(who.person.email, who.person.name))
    calendar.add_component(event)
    return {"name": "appointment.ics", "type": f"text/calendar; method={method}; charset=utf-8", "text": calendar.to_ical().decode()}


def for_staff(
    appointment: Appointment, organization: Organization, settings: Settings, address: str, *, lost: bool
) -> dict[str, str]:
    """The file that goes with a mail to staff: the entry of the own calendar feed, taken out where it is `lost` or cancelled."""
    gone = lost or appointment.status is AppointmentStatus.CANCELLED
    method = "CANCEL" if gone else "REQUEST"
    calendar, event = _calendar(method), _busy(appointment, organization, settings)
    event.add("status", "CANCELLED" if gone else "CONFIRMED")
    event.add("organizer", _organizer(organization, settings))
    event.add("attendee", _invited(address, organization.name))
    calendar.add_component(event)
    return {"name": "appointment.ics", "type": f"text/calendar; method={method}; charset=utf-8", "text": calendar.to_ical().decode()}


def as_calendar(appointment: Appointment, organization: Organization, settings: Settings, method: str) -> Calendar:
    calendar = _calendar(method)
    event = _event(appointment, organization, settings)
    if method != "PUBLISH" and appointment.patient.email:  # an invitation needs somebody who is invited
        event.add("attendee", _invited(appointment.patient.email, appointment.patient.name))
    calendar.add_component(event)
    return calendar


def _calendar(method: str) -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", "-//Konsulto//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    return calendar


def feed_of(appointments: Sequence[Appointment], organization: Organization, settings: Settings) -> Calendar:
    """What a calendar program of a practitioner reads: when and where, and the way to the desk; nobody's name."""
    calendar = _calendar("PUBLISH")
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
    event.add("url", codes.calendar_link(appointment, organization, settings.base_url))
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
    event.add("location", _place(appointment, link))
    event.add("organizer", _organizer(organization, settings))
    event.add("last-modified", clock.now())
    event.add("transp", "OPAQUE")
    return event


def _place(appointment: Appointment, link: str) -> str:
    """The waiting room, the telephone, or where to come."""
    kind = appointment.visit_type
    if appointment.mode is Mode.PHONE:
        return str(_("Telephone: %(phone)s", phone=appointment.patient.phone) if appointment.patient.phone else _("Telephone"))
    return kind.place if appointment.mode is Mode.ON_SITE and kind and kind.place else link


def _invited(address: str, name: str) -> vCalAddress:
    attendee = vCalAddress(f"mailto:{address}")
    attendee.params["cn"] = vText(name)
    attendee.params["partstat"], attendee.params["rsvp"] = vText("ACCEPTED"), vText("FALSE")
    return attendee


def _organizer(organization: Organization, settings: Settings) -> vCalAddress:
    organizer = vCalAddress(f"mailto:{settings.mail_from}")
    organizer.params["cn"] = vText(organization.name)
    return organizer
