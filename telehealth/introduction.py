"""What somebody says of themselves before writing, and what the clinic's website vouches for; kept with the conversation."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from telehealth import contact_point
from telehealth.contact_point import BadAddress, ContactKind
from telehealth.conversation import Conversation
from telehealth.database import Session


ADDRESSES = {"phone": ContactKind.PHONE, "email": ContactKind.EMAIL}


@dataclass(frozen=True)
class Detail:
    """One answer: `kind` is a FieldKind's value, `name` or `terms`; `label` the question where the clinic wrote one."""

    kind: str
    label: str
    value: str


def introduce(session: Session, thread: Conversation, details: Sequence[Detail], *, verified: bool, now: datetime) -> None:
    """Keep the answers, once: a repeat changes nothing.

    Addresses tell staff whom it may be; they prove nothing.
    """
    if thread.sealed_details is not None:
        return
    thread.verified = verified
    if details:
        text = json.dumps([asdict(detail) for detail in details], ensure_ascii=False)
        thread.sealed_details = session.keyring.seal(text, thread.place_of("sealed_details"))
    session.flush()
    for detail in details:
        if detail.kind in ADDRESSES and detail.value:
            _claim(session, thread, detail, now)


def _claim(session: Session, thread: Conversation, detail: Detail, now: datetime) -> None:
    try:
        contact_point.claim(session, ADDRESSES[detail.kind], detail.value, thread, now)
    except BadAddress:
        return  # kept as it was typed; it leads nowhere


def details_of(session: Session, thread: Conversation) -> list[Detail]:
    """What was said, in the order in which it was asked."""
    if thread.sealed_details is None:
        return []
    return [Detail(**one) for one in json.loads(session.keyring.open(thread.sealed_details, thread.place_of("sealed_details")))]
