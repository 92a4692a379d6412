"""One monotonic number per organisation and feed, so that a client that was away gets exactly what it missed.

Every change of a waiting room, inbox or calendar takes the feed's next number in its own transaction and stores it on
the changed row; catching up means asking for the rows with a higher number.
"""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ForeignKey, String, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from telehealth.database import Base, OrganizationKey, Owned, Session


class FeedName(StrEnum):
    WAITING_ROOM = "waiting_room"
    INBOX = "inbox"
    CALENDAR = "calendar"


class Feed(Owned, Base):
    __tablename__ = "feed"
    organization_id: Mapped[int] = mapped_column(OrganizationKey, ForeignKey("organization.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    seq: Mapped[int] = mapped_column(default=0)


_feed = Feed.__table__
_NEXT = (
    update(Feed.__table__)  # type: ignore[arg-type]
    .values(seq=_feed.c.seq + 1)
    .where(_feed.c.organization_id == bindparam("organization"), _feed.c.name == bindparam("feed"))
    .returning(_feed.c.seq)  # locks the row: changes of one feed queue here
)
_FIRST = insert(Feed.__table__)  # type: ignore[arg-type]


def advance(session: Session, feed: FeedName) -> int:
    """The feed's next number; it is taken for good when the transaction commits."""
    key: dict[str, object] = {"organization": session.organization_id, "feed": feed.value}
    seq = session.connection().scalar(_NEXT, key)  # straight on the connection: hot verbs pass here
    return seq if seq is not None else _first(session, key)


def _first(session: Session, key: dict[str, object]) -> int:
    try:
        with session.begin_nested():
            session.execute(_FIRST, {"organization_id": key["organization"], "name": key["feed"], "seq": 1})
    except IntegrityError:  # somebody else was first
        return int(session.scalar(_NEXT, key) or 0)
    return 1


def latest(session: Session, feed: FeedName) -> int:
    """The number of the feed's last change, 0 before the first."""
    return session.scalar(select(Feed.seq).where(Feed.name == feed.value)) or 0
