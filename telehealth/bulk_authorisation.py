"""Ways in for many patients at once: a job for each, and what became of them (S002-77)."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from telehealth import correspondence
from telehealth.authorisation import AuthorisationKind, NoAddress
from telehealth.correspondence import MessagesOff
from telehealth.database import Session
from telehealth.job import Job, NoLongerWanted, WorkState, plan
from telehealth.patient import Patient
from telehealth.practitioner import staff

AUTHORISE = "authorise"  # the job that mails one patient a link
NO_ADDRESS, NO_MESSAGES, NOT_THERE = "no_address", "no_messages", "not_there"


@dataclass(frozen=True)
class Report:
    """How many of each: mails written, still to come, left out and why, failed."""

    written: int
    waiting: int
    without_address: int
    without_messages: int
    failed: int

    @property
    def every(self) -> int:
        return self.written + self.waiting + self.without_address + self.without_messages + self.failed


def begin(session: Session, patients: Sequence[int], by: int, now: datetime) -> str:
    """Plan a mail for each; gives the name under which `report` tells what became of them."""
    batch = secrets.token_urlsafe(12)
    for patient_id in dict.fromkeys(patients):
        payload = {"patient": patient_id, "by": by}
        plan(session, AUTHORISE, session.organization_id, due=now, payload=payload, once=f"{batch}:{patient_id}")
    return batch


def perform(session: Session, job: Job, now: datetime) -> None:
    """Raises NoLongerWanted for whoever cannot be written to."""
    found, by = session.get(Patient, job.payload["patient"]), staff(session, job.payload["by"])
    if found is None or by is None:
        raise NoLongerWanted(NOT_THERE)
    try:
        correspondence.authorise(session, found, AuthorisationKind.LINK, by, now, mailed=True)
    except MessagesOff:
        raise NoLongerWanted(NO_MESSAGES) from None
    except NoAddress:
        raise NoLongerWanted(NO_ADDRESS) from None


def report(session: Session, batch: str) -> Report:
    """Of one's own organisation; it is there for a day after the last was done."""
    mine = (Job.kind == AUTHORISE) & (Job.organization_id == session.organization_id) & Job.once.startswith(f"{batch}:", autoescape=True)
    found = Counter((row.state, row.error if row.state is WorkState.DROPPED else "") for row in session.execute(select(Job.state, Job.error).where(mine)))
    without = {why: found[WorkState.DROPPED, why] for why in (NO_ADDRESS, NO_MESSAGES)}
    dropped = sum(count for (state, _why), count in found.items() if state is WorkState.DROPPED)
    return Report(
        found[WorkState.DONE, ""], found[WorkState.WAITING, ""], without[NO_ADDRESS], without[NO_MESSAGES],
        found[WorkState.DEAD, ""] + dropped - sum(without.values()),
    )  # fmt: skip
