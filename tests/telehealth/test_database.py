"""The session: nothing owned is read or written without, or of another, organisation."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import exists, func, select, union_all, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased, joinedload, sessionmaker

from telehealth.channel import Channel
from telehealth.database import ForeignOrganization, NoOrganization, NotScoped, Session
from telehealth.department import Department
from telehealth.feed import FeedName, advance
from telehealth.organization import Organization, UnknownZone
from telehealth.practitioner import Practitioner, PractitionerRole
from tests.clinic import Clinic

READS: dict[str, Callable[[Session], Any]] = {
    "select": lambda s: s.scalars(select(Department.name)).all(),
    "count": lambda s: s.scalar(select(func.count()).select_from(Department)),
    "legacy query": lambda s: [d.name for d in s.query(Department)],
    "join": lambda s: s.scalars(select(Practitioner.name).join(PractitionerRole, PractitionerRole.practitioner_id == Practitioner.id)).all(),
    "alias": lambda s: s.scalars(select(aliased(Department).name)).all(),
    "union": lambda s: s.scalars(union_all(select(Department.name), select(Practitioner.name))).all(),
    "only a condition": lambda s: s.scalar(select(func.count()).where(Department.id > 0)),
    "exists beside an entity": lambda s: s.scalars(select(Organization.id).where(exists().where(Department.id > 0))).all(),
    "subquery": lambda s: s.scalars(select(Organization.id).where(Organization.id.in_(select(Department.organization_id)))).all(),
    "eager": lambda s: s.scalars(select(PractitionerRole).options(joinedload(PractitionerRole.department))).all(),
}  # fmt: skip


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_a_session_of_nobody_reads_nothing_owned(sessions: sessionmaker[Session], clinic: Clinic, read: Any) -> None:
    with sessions() as nobody, pytest.raises(NoOrganization):
        read(nobody)


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_a_session_sees_no_word_of_another_organisation(clinic: Clinic, other: Clinic, read: Any) -> None:
    with clinic.session() as session:
        assert other.mark not in repr(read(session))


def test_a_form_that_the_scope_cannot_reach_is_refused(session: Session) -> None:
    with pytest.raises(NotScoped):
        session.scalar(select(exists().where(Department.id > 0)))


def test_a_row_of_another_organisation_is_simply_not_found(clinic: Clinic, other: Clinic) -> None:
    with clinic.session() as session:
        assert session.get(Department, clinic.departments[0]) is not None
        assert session.get(Department, other.departments[0]) is None


def test_a_bulk_update_touches_own_rows_only(clinic: Clinic, other: Clinic) -> None:
    with clinic.session() as session:
        session.execute(update(Department).values(description="changed"))
    with other.session() as session:
        assert set(session.scalars(select(Department.description))) == {""}


def test_a_row_of_another_organisation_is_not_written(clinic: Clinic, other: Clinic) -> None:
    with clinic.sessions(organization=clinic.id) as session:
        session.add(Department(name="smuggled", organization_id=other.id))
        with pytest.raises(ForeignOrganization):
            session.flush()


def test_a_row_does_not_move_to_another_organisation(clinic: Clinic, other: Clinic) -> None:
    with clinic.sessions(organization=clinic.id) as session:
        session.get_one(Department, clinic.departments[0]).organization_id = other.id
        with pytest.raises(ForeignOrganization):
            session.flush()


def test_the_database_itself_refuses_a_link_into_another_organisation(clinic: Clinic, other: Clinic) -> None:
    with clinic.sessions(organization=clinic.id) as session:
        session.add(Channel(name="linked", department_id=other.departments[0]))
        with pytest.raises(IntegrityError):
            session.flush()


def test_entering_another_organisation_forgets_what_was_loaded(clinic: Clinic, other: Clinic) -> None:
    with clinic.sessions(organization=clinic.id) as session:
        session.get_one(Department, clinic.departments[0])
        session.enter(other.id)
        assert session.get(Department, clinic.departments[0]) is None


def test_a_moment_without_a_zone_is_refused(session: Session, clinic: Clinic) -> None:
    session.get_one(Organization, clinic.id).created_at = datetime(2026, 1, 1)  # noqa: DTZ001
    with pytest.raises(Exception, match="without a zone"):
        session.flush()


def test_a_moment_comes_back_in_utc(session: Session, clinic: Clinic) -> None:
    found = session.get_one(Organization, clinic.id).created_at
    assert found is not None and found.tzinfo is UTC


def test_an_unknown_time_zone_is_refused() -> None:
    with pytest.raises(UnknownZone):
        Organization(slug="x", name="x", zone="Europe/Nowhere")


def test_eight_writers_take_the_numbers_of_a_feed_without_a_gap(clinic: Clinic) -> None:
    taken: list[int] = []

    def take() -> None:
        for _ in range(10):
            with clinic.session() as session:
                taken.append(advance(session, FeedName.CALENDAR))

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == list(range(1, 81))
