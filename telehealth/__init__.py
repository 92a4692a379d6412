"""The domain: everything Konsulto knows about a clinic, without web framework, settings or network.

Importing any part maps all of it, because keys name the tables of other parts.
"""

from telehealth import (
    alert,
    announcement,
    api_key,
    audit,
    booking,
    channel,
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
    "alert",
    "announcement",
    "api_key",
    "audit",
    "booking",
    "channel",
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
