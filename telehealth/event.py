"""Domain events: frozen facts, kept per savepoint, dropped by rollback and close, told when the commit is done."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import event, orm

from telehealth.database import Session, session_of

log = logging.getLogger(__name__)
Fact = TypeVar("Fact")
Listener = Callable[[Any], None]
listeners: dict[type, list[Listener]] = defaultdict(list)
gatherers: dict[type, list[Listener]] = defaultdict(list)


def when(*kinds: type) -> Callable[[Listener], Listener]:
    """Call the decorated function with every fact of these kinds, after the commit that made it true."""

    def listen(listener: Listener) -> Listener:
        for kind in kinds:
            listeners[kind].append(listener)
        return listener

    return listen


def when_together(kind: type, listener: Listener) -> None:
    """Call the listener once for each commit, after all others, with the list of all its facts of this kind."""
    gatherers[kind].append(listener)


def record(where: Session | object, fact: object) -> None:
    """Remember a fact until the transaction of this session, or of this row's session, ends."""
    (where if isinstance(where, Session) else session_of(where)).facts.append(fact)


@event.listens_for(Session, "after_transaction_create")
def mark(session: Session, transaction: orm.SessionTransaction) -> None:
    session._marks[transaction] = len(session.facts)


@event.listens_for(Session, "after_soft_rollback")
def forget(session: Session, transaction: orm.SessionTransaction) -> None:
    del session.facts[session._marks.get(transaction, 0) :]


@event.listens_for(Session, "after_commit")
def remember(session: Session) -> None:
    session._committed = session.get_nested_transaction() is None  # SQLAlchemy fires it for savepoints too


@event.listens_for(Session, "after_transaction_end")
def tell(session: Session, transaction: orm.SessionTransaction) -> None:
    if transaction.parent is not None:
        return  # its mark stays: SQLAlchemy calls `forget` after this
    session._marks.clear()
    facts, session.facts = session.facts, []
    committed, session._committed = session._committed, False
    if committed:
        _tell(facts)


def _tell(facts: list[Any]) -> None:
    together: dict[type, list[Any]] = defaultdict(list)
    for fact in facts:
        together[type(fact)].append(fact)
        for listener in listeners[type(fact)]:
            _call(listener, fact, type(fact))
    for kind, gathered in together.items():
        for listener in gatherers[kind]:
            _call(listener, gathered, kind)


def _call(listener: Listener, told: object, kind: type) -> None:
    try:
        listener(told)
    except Exception:  # the row is saved: a deaf listener must not make the writer believe it is not
        log.exception("listener of %s failed", kind.__name__)
