"""Files that people give each other, sealed, and offered once it is known that nothing bad is in them.

The content lies in the database, sealed in chunks, and not in a folder beside it: it is written and deleted with the row
that it belongs to in one transaction, on SQLite and PostgreSQL alike, is in the same backup, and several processes need no
folder in common. A letter or a photograph is small enough for that.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import Index, LargeBinary, String, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from telehealth.database import Base, Owned, Session, one_of, session_of, within_organization
from telehealth.encryption import CannotOpen

if TYPE_CHECKING:
    from telehealth.booking import Appointment
    from telehealth.practitioner import Practitioner

CHUNK = 128 * 1024  # bytes
LONGEST_NAME = 120  # characters


class FileState(StrEnum):
    """Waiting to be looked through, good, or found to be bad; of a bad one only the name is kept."""

    QUARANTINED = "quarantined"
    CLEAN = "clean"
    REFUSED = "refused"


class UnknownFile(Exception):
    """Not there, or not this person's."""


class FileNotOffered(Exception):
    """It was not looked through yet, or was refused."""


@dataclass(frozen=True)
class Content:
    """What a file was found to be: a name without surprises, one of the kinds that are allowed, and its bytes."""

    name: str
    media_type: str
    data: bytes
    state: FileState = FileState.CLEAN


class StoredFile(Owned, Base):
    """A file under a random public id. `size` and `sha256` are those of its content.

    `put_by_id` is who of staff put it there, nobody when it was the patient; `appointment_id` or `conversation_id` is where. One that belongs
    nowhere yet was chosen for something that is being made.
    """

    __tablename__ = "stored_file"
    __sealed__ = ("sealed_name",)
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("appointment_id", "client_id"),
        UniqueConstraint("conversation_id", "client_id"),
        UniqueConstraint("put_by_id", "client_id"),
        Index("ix_stored_file_appointment", "organization_id", "appointment_id"),
        Index("ix_stored_file_state", "organization_id", "state"),
        within_organization("appointment_id", "appointment", ondelete="CASCADE"),
        within_organization("conversation_id", "conversation", ondelete="CASCADE"),
        within_organization("put_by_id", "practitioner"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), unique=True)
    state: Mapped[FileState] = mapped_column(one_of(FileState))
    sealed_name: Mapped[bytes] = mapped_column(LargeBinary)
    media_type: Mapped[str] = mapped_column(String(60))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    client_id: Mapped[str] = mapped_column(String(40))
    appointment_id: Mapped[int | None]
    conversation_id: Mapped[int | None]
    put_by_id: Mapped[int | None]
    created_at: Mapped[datetime]
    appointment: Mapped[Appointment | None] = relationship(primaryjoin="Appointment.id == foreign(StoredFile.appointment_id)")
    put_by: Mapped[Practitioner | None] = relationship(primaryjoin="Practitioner.id == foreign(StoredFile.put_by_id)")

    def __str__(self) -> str:
        return self.uid

    def place_of(self, column: str) -> str:
        return _place(self.organization_id, self.uid, column)

    @property
    def name(self) -> str:
        return session_of(self).keyring.open(self.sealed_name, self.place_of("sealed_name"))

    @property
    def is_clean(self) -> bool:
        return self.state is FileState.CLEAN

    @property
    def chunks(self) -> int:
        """How many parts there are to read."""
        return -(-self.size // CHUNK)

    def require_clean(self) -> None:
        """Raises FileNotOffered."""
        if not self.is_clean:
            raise FileNotOffered

    def accept(self) -> None:
        """Nothing bad was found."""
        self.state = FileState.CLEAN

    def refuse(self) -> None:
        """Something bad was found: the content is deleted, the name stays to be told."""
        self.state = FileState.REFUSED
        session_of(self).execute(delete(FileChunk).where(FileChunk.file_id == self.id))

    def content(self) -> bytes:
        """All of it. Raises CannotOpen when it is not what was put there."""
        session = session_of(self)
        whole = b"".join(part(session, self.id, number) for number in range(self.chunks))
        if hashlib.sha256(whole).hexdigest() != self.sha256:
            raise CannotOpen(self.uid)
        return whole


class FileChunk(Owned, Base):
    """A part of a file's content, sealed for its place in it."""

    __tablename__ = "file_chunk"
    __sealed__ = ("sealed_part",)
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("file_id", "number"),
        within_organization("file_id", "stored_file", ondelete="CASCADE"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    file_id: Mapped[int]
    number: Mapped[int]
    sealed_part: Mapped[bytes] = mapped_column(LargeBinary)

    def place_of(self, column: str) -> str:
        return _place_of_part(self.organization_id, self.file_id, self.number)


def _place(organization_id: int, uid: str, column: str) -> str:
    return f"{organization_id}|stored_file|{uid}|{column.removeprefix('sealed_')}"


def _place_of_part(organization_id: int, file_id: int, number: int) -> str:
    return f"{organization_id}|file_chunk|{file_id}/{number}|part"


def store(
    session: Session, content: Content, client_id: str, now: datetime, *, appointment_id: int | None = None,
    conversation_id: int | None = None, put_by_id: int | None = None,
) -> StoredFile:  # fmt: skip
    """Seal and keep a file."""
    uid = secrets.token_urlsafe(16)
    made = StoredFile(
        organization_id=session.organization_id, uid=uid, state=content.state, media_type=content.media_type, size=len(content.data),
        sealed_name=session.keyring.seal(content.name, _place(session.organization_id, uid, "name")), client_id=client_id,
        sha256=hashlib.sha256(content.data).hexdigest(), appointment_id=appointment_id,
        conversation_id=conversation_id, put_by_id=put_by_id, created_at=now,
    )  # fmt: skip
    session.add(made)
    session.flush()
    for number in range(made.chunks):
        data = content.data[number * CHUNK : (number + 1) * CHUNK]
        sealed = session.keyring.seal_bytes(data, _place_of_part(made.organization_id, made.id, number))
        session.add(FileChunk(file_id=made.id, number=number, sealed_part=sealed))
    session.flush()
    return made


def part(session: Session, file_id: int, number: int) -> bytes:
    """One part of a file's content. Raises UnknownFile, CannotOpen."""
    mine = (FileChunk.file_id == file_id) & (FileChunk.number == number)
    sealed = session.scalar(select(FileChunk.sealed_part).where(mine))
    if sealed is None:
        raise UnknownFile
    return session.keyring.open_bytes(sealed, _place_of_part(session.organization_id, file_id, number))
