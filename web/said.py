"""A message as patients are given it. What staff write for staff has no way through here."""

from __future__ import annotations

from datetime import datetime

from telehealth.file import FileState
from telehealth.message import FileView, MessageView
from web.schema import Schema


class NotForPatients(Exception):
    """A note of staff was about to be shown to a patient."""


class SentFile(Schema):
    """`size` in bytes; only a clean one can be fetched."""

    uid: str
    name: str
    size: int
    state: FileState


class Line(Schema):
    """A message; `author` is patient, staff or system, moments are UTC. `changed` is what to catch up from."""

    seq: int
    changed: int
    client_id: str
    author: str
    name: str
    text: str
    at: datetime
    edited_at: datetime | None = None
    deleted_at: datetime | None = None
    file: SentFile | None = None


def line(view: MessageView) -> Line:
    """Raises NotForPatients."""
    if view.internal:
        raise NotForPatients
    return Line(
        seq=view.seq, changed=view.changed, client_id=view.client_id, author=view.author.value, name=view.name, text=view.text,
        at=view.at, edited_at=view.edited_at, deleted_at=view.deleted_at, file=sent_file(view.file),
    )  # fmt: skip


def sent_file(file: FileView | None) -> SentFile | None:
    return SentFile(uid=file.uid, name=file.name, size=file.size, state=file.state) if file is not None else None
