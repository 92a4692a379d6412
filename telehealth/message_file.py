"""Files in conversations: bound to one of them, seen by whoever sees it, deleted with it (S001-19, S002-39)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select

from telehealth import correspondence, message
from telehealth.attachment import NoAttachments, TooManyFiles, plan_scan
from telehealth.conversation import AuthorKind, Conversation, ConversationClosed, ConversationState
from telehealth.database import Session
from telehealth.file import Content, StoredFile, UnknownFile, store
from telehealth.message import Author, Message
from telehealth.organization import Organization
from telehealth.waiting_room import Encounter, EncounterStatus

MOST = 50  # files of one conversation


def takes_files(session: Session, thread: Conversation) -> bool:
    """Whether files may be sent in it, by either side: of a visit and of messages with known patients as the organisation says,
    else as the channel says.
    """
    organization = session.get_one(Organization, thread.organization_id)
    visit = session.scalar(select(Encounter).where(Encounter.conversation_id == thread.id).order_by(Encounter.id.desc()).limit(1))
    if (visit is None or visit.status is EncounterStatus.ENDED) and correspondence.of_conversation(session, thread.id) is not None:
        return organization.files_in_messages
    if visit is not None:
        return organization.files_in_visits if visit.appointment_id is not None else organization.files_in_walk_ins
    return thread.channel is not None and thread.channel.takes_files


def require_taken(session: Session, thread: Conversation) -> None:
    """Raises NoAttachments, ConversationClosed."""
    if not takes_files(session, thread):
        raise NoAttachments
    if thread.state is ConversationState.CLOSED:
        raise ConversationClosed


def send(session: Session, thread: Conversation, content: Content, client_id: str, *, by: Author, now: datetime) -> int:
    """Give the other side a file; gives the message's seq, and for a repeated client id the first one's.

    Raises NoAttachments, ConversationClosed, TooManyFiles.
    """
    session.refresh(thread, with_for_update=True)
    mine = Message.conversation_id == thread.id
    if (earlier := session.scalar(select(Message.seq).where(mine, Message.client_id == client_id))) is not None:
        return earlier
    require_taken(session, thread)
    there = session.scalar(select(func.count(StoredFile.id)).where(StoredFile.conversation_id == thread.id)) or 0
    if there >= MOST:
        raise TooManyFiles(MOST)
    put_by = by.practitioner_id if by.kind is AuthorKind.STAFF else None
    made = store(session, content, client_id, now, conversation_id=thread.id, put_by_id=put_by)
    plan_scan(session, made, now)
    return message.post(session, thread.id, client_id, "", by=by, now=now, file=made)


def of_conversation(session: Session, thread: Conversation, uid: str, after: int = 0) -> StoredFile:
    """The file of this id that was sent in this conversation after a number. Raises UnknownFile."""
    sent = select(Message.file_uid).where(Message.conversation_id == thread.id, Message.seq > after)
    mine = (StoredFile.conversation_id == thread.id) & (StoredFile.uid == uid) & StoredFile.uid.in_(sent)
    found = session.scalar(select(StoredFile).where(mine))
    if found is None:
        raise UnknownFile
    return found
