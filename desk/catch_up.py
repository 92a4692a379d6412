"""Catching up: what a desk that was away has missed of a list, in pages, in the order it happened.

The first page of all holds what is there now; a later one also names what went, so that old state and answer together
are always the state that a new page would be given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import Field
from sqlalchemy import ColumnElement, select, true

from telehealth.database import Session
from telehealth.feed import FeedName, latest
from web.schema import Schema

PAGE = 100

Item = dict[str, Any]


class After(Schema):
    """The number of the last change that the page has seen, 0 for none."""

    after: int = Field(ge=0, default=0)


@dataclass(frozen=True)
class Listing:
    """`seq` is the column that numbers changes, `shown` what the person sees listed now, `scope` what may ever be."""

    feed: FeedName
    kind: Any
    seq: Any
    shown: ColumnElement[bool]
    describe: Callable[[Session, Sequence[int]], dict[int, Item]]
    scope: ColumnElement[bool] = true()  # noqa: RUF009 (immutable)


def page(session: Session, listing: Listing, after: int, limit: int | None = None) -> Item:
    limit = limit or PAGE
    reached = latest(session, listing.feed)  # first: what is committed while we read comes again, never too late
    condition = listing.scope if after else listing.shown
    query = select(listing.kind.id, listing.seq).where(condition).order_by(listing.seq, listing.kind.id)
    changed = list(session.execute(query.where(listing.seq > after).limit(limit)))
    more = len(changed) == limit
    if more:  # what changed together, under one number, is not torn apart, or the rest would never be asked for
        last = changed[-1][1]
        changed = [found for found in changed if found[1] < last] + list(session.execute(query.where(listing.seq == last)))
    items = _items(session, listing, changed)
    seq = changed[-1][1] if more else max(reached, after, *(seq for _, seq in changed))
    return {"items": items, "seq": seq, "more": more}


def _items(session: Session, listing: Listing, changed: Sequence[Any]) -> list[Item]:
    ids = [row_id for row_id, _ in changed]
    shown = session.scalars(select(listing.kind.id).where(listing.kind.id.in_(ids), listing.shown)).all() if ids else []
    described = listing.describe(session, shown) if shown else {}
    return [described.get(row_id) or gone(row_id, seq) for row_id, seq in changed]


def gone(row_id: int, seq: int) -> Item:
    return {"id": row_id, "seq": seq, "gone": True}
