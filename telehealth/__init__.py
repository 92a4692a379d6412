"""The domain: everything Konsulto knows about a clinic, without web framework, settings or network.

Importing any part maps all of it, because keys name the tables of other parts.
"""

from telehealth import (
    announcement,
    api_key,
    audit,
    booking,
    channel,
    closed_day,
    consent,
    conversation,
    department,
    feed,
    job,
    message_template,
    opening_hours,
    organization,
    outbox,
    patient,
    practitioner,
    schedule,
    ticket,
    translation,
    waiting_room,
    widget,
)

__all__ = [
    "announcement",
    "api_key",
    "audit",
    "booking",
    "channel",
    "closed_day",
    "consent",
    "conversation",
    "department",
    "feed",
    "job",
    "message_template",
    "opening_hours",
    "organization",
    "outbox",
    "patient",
    "practitioner",
    "schedule",
    "ticket",
    "translation",
    "waiting_room",
    "widget",
]
