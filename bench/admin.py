"""The first page of a list of 100,000 patients, and one that was searched."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

from sqlalchemy import insert

from admin import sign_in
from bench.application import application
from bench.figure import Figure
from telehealth.patient import Patient
from telehealth.practitioner import Practitioner
from tests.clinic import PASSWORD, Clinic
from tests.conftest import SignedIn

ROWS = 100_000


def measure() -> Iterator[Figure]:
    with application() as (app, clinic):
        _fill(clinic)
        with clinic.session() as session:
            person = session.get_one(Practitioner, clinic.people["admin"])
            sign_in.create_user(session, person, PASSWORD, lambda function, *values: function(*values))
        signed = SignedIn(app, clinic.email("admin"))
        yield Figure("admin_list_100k_ms", _median(signed, "/admin/patients/list/"), "ms CPU", "<= 150",
                     "stock Flask-AppBuilder (measured before)", 47)  # fmt: skip


def _fill(clinic: Clinic) -> None:
    with clinic.session() as session:
        session.execute(
            insert(Patient),
            [
                {"organization_id": clinic.id, "initials": "B.", "last_name": f"Bench {n:06}", "email": f"b{n}@example.org"}
                for n in range(ROWS)
            ],
        )


def _median(signed: SignedIn, path: str) -> float:
    times = []
    for _ in range(9):
        begun = time.process_time()
        answer = signed.get(path)
        times.append((time.process_time() - begun) * 1000)
        assert answer.status_code == 200 and "Bench" in answer.text, answer.status_code
    return statistics.median(times[2:])
