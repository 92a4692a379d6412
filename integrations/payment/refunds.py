"""Sends money back; repeated, it goes back once."""

from __future__ import annotations

import hashlib

from sqlalchemy.orm import sessionmaker

from config import Settings
from integrations.payment.providers import provider_of
from telehealth import clock, paying
from telehealth.database import Session
from telehealth.job import Job
from telehealth.payment import Payment


def send(sessions: sessionmaker[Session], settings: Settings, job: Job) -> None:
    """Raises NoProvider, ProviderFails: it is tried again, and at last stands among what could not be done."""
    reference = job.payload["reference"]
    with sessions(organization=job.organization_id) as session, session.begin():
        found = session.get_one(Payment, job.payload["payment"])
        provider = provider_of(session, settings, found.provider)
    provider.refund(reference, "refund-" + hashlib.sha256(reference.encode()).hexdigest())
    with sessions(organization=job.organization_id) as session, session.begin():
        paying.refunded(session, job.payload["payment"], reference, clock.now())
