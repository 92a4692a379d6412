"""Who is alerted of an arrival, by which means, and who next when nobody has seen it: without a web application."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from telehealth import alert, clock
from telehealth.alert import PushSubscription
from telehealth.channel import NotAllowed
from telehealth.database import Session
from telehealth.job import Job, NoLongerWanted, WorkState, forget_ended
from telehealth.organization import Organization
from telehealth.outbox import MailKind, OutgoingMail
from telehealth.practitioner import Practitioner, PractitionerRole, Role
from telehealth.waiting_room import ARRIVAL, Encounter, EncounterEnded, EncounterStatus
from tests.clinic import Clinic

BROWSER = "https://push.example/one"


def alerted(clinic: Clinic, session: Session, visit: Encounter) -> set[str]:
    """Names of those who are alerted, as each of their desks asks for it."""
    people = [name for name in clinic.people if name != "translator"]
    return {name for name in people if visit in alert.alerting(session, clinic.staff(name), clock.now())}


def at_desk(clinic: Clinic, session: Session, *people: str) -> None:
    alert.note_at_desk(session, [clinic.people[person] for person in people], clock.now())


def monitor(clinic: Clinic, department: int | None = None) -> None:
    with clinic.session() as session:
        person = Practitioner(name=f"Monitor {clinic.mark}", email=clinic.email("monitor"))
        person.roles.append(PractitionerRole(role=Role.WAITING_ROOM_MONITOR, department_id=department))
        session.add(person)
        session.flush()
        clinic.people["monitor"] = person.id


def choose(clinic: Clinic, session: Session, person: str, **choice: bool) -> None:
    alert.choose(session, clinic.staff(person), **({"bell": True, "desktop": False, "mail": False} | choice))


def mails(session: Session) -> list[str]:
    session.flush()
    return sorted(session.scalars(select(OutgoingMail.recipient).where(OutgoingMail.kind == MailKind.ARRIVAL)))


def jobs(session: Session, clinic: Clinic, kind: str) -> list[Job]:
    session.flush()
    return list(session.scalars(select(Job).where(Job.kind == kind, Job.organization_id == clinic.id).order_by(Job.id)))


def test_an_arrival_alerts_those_of_the_department_who_may_admit(clinic: Clinic, session: Session) -> None:
    assert alerted(clinic, session, clinic.arrive(session)) == {"doctor", "manager"}


def test_the_person_whom_the_patient_has_chosen_is_alerted_alone(clinic: Clinic, session: Session) -> None:
    at_desk(clinic, session, "doctor")
    assert alerted(clinic, session, clinic.arrive(session, practitioner_id=clinic.people["doctor"])) == {"doctor"}


def test_a_chosen_person_who_is_not_at_the_desk_leaves_the_alert_to_all(clinic: Clinic, session: Session) -> None:
    visit = clinic.arrive(session, practitioner_id=clinic.people["doctor"])
    assert alerted(clinic, session, visit) == {"doctor", "manager"}
    alert.note_at_desk(session, [clinic.people["doctor"]], clock.now() - alert.HERE)
    assert alerted(clinic, session, visit) == {"doctor", "manager"}


def test_a_department_without_anybody_who_admits_alerts_everybody_who_sees_it(clinic: Clinic, session: Session) -> None:
    visit = clinic.arrive(session, department_id=clinic.departments[1])
    session.get_one(Practitioner, clinic.people["nurse"]).active = False
    session.flush()
    assert alert.crew(session, clock.now()).first(visit) == {clinic.people["admin"]}


@pytest.mark.parametrize(("department", "heard"), [(None, True), (0, True), (1, False)])
def test_a_monitor_is_alerted_of_every_arrival_that_the_role_shows(
    clinic: Clinic, session: Session, department: int | None, heard: bool
) -> None:
    monitor(clinic, None if department is None else clinic.departments[department])
    at_desk(clinic, session, "doctor")
    visit = clinic.arrive(session, practitioner_id=clinic.people["doctor"])
    assert alerted(clinic, session, visit) == ({"doctor", "monitor"} if heard else {"doctor"})


def test_the_clinic_next_door_is_alerted_of_nothing(clinic: Clinic, other: Clinic) -> None:
    with clinic.session() as session:
        clinic.arrive(session).escalate(clock.now())
    with other.session() as session:
        assert alert.alerting(session, other.staff("admin"), clock.now()) == []
        assert set(alert.crew(session, clock.now()).people) == set(other.people.values())


def test_whoever_sees_the_patient_first_stays_named_and_ends_the_alert(clinic: Clinic, session: Session) -> None:
    visit, now = clinic.arrive(session), clock.now()
    visit.acknowledge(clinic.staff("manager"), now)
    seq = visit.seq
    visit.acknowledge(clinic.staff("doctor"), now + timedelta(minutes=1))
    assert (visit.acknowledged_by_id, visit.acknowledged_at, visit.seq) == (clinic.people["manager"], now, seq)
    assert alerted(clinic, session, visit) == set()


def test_admitting_holding_and_writing_say_that_the_patient_was_seen(clinic: Clinic, session: Session) -> None:
    doctor, now = clinic.staff("doctor"), clock.now()
    admitted, held, answered, alone = (clinic.arrive(session) for _ in range(4))
    admitted.admit(doctor, now)
    admitted.send_back(doctor)
    held.hold(doctor, now)
    alert.answered(session, answered.conversation_id, doctor, now)
    assert [visit.acknowledged_by_id for visit in (admitted, held, answered)] == [doctor.practitioner_id] * 3
    assert alone.acknowledged_at is None
    assert alert.alerting(session, doctor, now) == [alone]


def test_a_monitor_sees_and_acknowledges_and_does_not_admit(clinic: Clinic, session: Session) -> None:
    monitor(clinic)
    visit = clinic.arrive(session)
    for deed in (visit.admit, visit.hold):
        with pytest.raises(NotAllowed):
            deed(clinic.staff("monitor"), clock.now())
    visit.acknowledge(clinic.staff("monitor"), clock.now())
    assert (visit.status, visit.acknowledged_by_id) == (EncounterStatus.WAITING, clinic.people["monitor"])


def test_a_translator_acknowledges_nobody_and_chooses_no_alerts(clinic: Clinic, session: Session) -> None:
    visit, translator = clinic.arrive(session), clinic.staff("translator")
    with pytest.raises(NotAllowed):
        visit.acknowledge(translator, clock.now())
    with pytest.raises(NotAllowed):
        choose(clinic, session, "translator")
    with pytest.raises(NotAllowed):
        alert.subscribe(session, translator, BROWSER, "key", "secret", clock.now())


def test_a_visit_that_is_over_cannot_be_acknowledged(clinic: Clinic, session: Session) -> None:
    visit = clinic.arrive(session)
    visit.leave(clock.now())
    with pytest.raises(EncounterEnded):
        visit.acknowledge(clinic.staff("doctor"), clock.now())


def test_an_arrival_writes_the_work_of_alerting_in_its_own_transaction(clinic: Clinic) -> None:
    with clinic.sessions(organization=clinic.id) as lost:
        clinic.arrive(lost)
        lost.rollback()
    with clinic.session() as session:
        visit = clinic.arrive(session)
        assert [work.payload for work in jobs(session, clinic, ARRIVAL)] == [{"visit": visit.id, "turn": 0}]


def test_a_mail_goes_to_whoever_chose_it_and_is_not_at_the_desk_and_only_once(clinic: Clinic, session: Session) -> None:
    choose(clinic, session, "doctor", mail=True)
    choose(clinic, session, "manager", mail=True)
    choose(clinic, session, "nurse", mail=True)
    at_desk(clinic, session, "manager")
    visit = clinic.arrive(session)
    for _ in range(2):
        alert.tell_of_arrival(session, visit.id, clock.now())
    assert mails(session) == [clinic.email("doctor")]
    alert.tell_everybody(session, visit.id, clock.now())
    assert mails(session) == [clinic.email("doctor")]


def test_a_mail_about_an_arrival_says_nothing_of_the_patient(clinic: Clinic, session: Session) -> None:
    choose(clinic, session, "doctor", mail=True)
    alert.tell_of_arrival(session, clinic.arrive(session).id, clock.now())
    about = session.scalars(select(OutgoingMail).where(OutgoingMail.kind == MailKind.ARRIVAL)).one().about
    assert "Lindqvist" not in str(about) and "Dizzy" not in str(about)


def test_every_browser_that_was_signed_on_gets_one_push_a_step(clinic: Clinic, session: Session) -> None:
    for person, browser in (("doctor", "a"), ("doctor", "b"), ("nurse", "c")):
        alert.subscribe(session, clinic.staff(person), f"https://push.example/{browser}", "key", "secret", clock.now())
    visit = clinic.arrive(session)
    for _ in range(2):
        alert.tell_of_arrival(session, visit.id, clock.now())
    assert len(jobs(session, clinic, alert.PUSH)) == 2
    alert.tell_everybody(session, visit.id, clock.now())
    assert len(jobs(session, clinic, alert.PUSH)) == 4


def test_a_browser_belongs_to_whoever_signed_it_on_last(clinic: Clinic, session: Session) -> None:
    for person in ("doctor", "manager"):
        alert.subscribe(session, clinic.staff(person), BROWSER, "key", "secret", clock.now())
    assert alert.browsers_of(session, clinic.people["doctor"]) == []
    assert [b.endpoint for b in alert.browsers_of(session, clinic.people["manager"])] == [BROWSER]


def test_nobody_signs_off_the_browser_of_somebody_else(clinic: Clinic, session: Session) -> None:
    alert.subscribe(session, clinic.staff("doctor"), BROWSER, "key", "secret", clock.now())
    alert.unsubscribe(session, clinic.staff("manager"), BROWSER)
    assert len(alert.browsers_of(session, clinic.people["doctor"])) == 1
    alert.unsubscribe(session, clinic.staff("doctor"), None)
    session.flush()
    assert session.scalars(select(PushSubscription)).all() == []


def test_the_oldest_of_too_many_browsers_is_forgotten(clinic: Clinic, session: Session) -> None:
    for number in range(alert.MOST_BROWSERS + 1):
        later = clock.now() + timedelta(seconds=number)
        alert.subscribe(session, clinic.staff("doctor"), f"{BROWSER}/{number}", "key", "secret", later)
    session.flush()
    kept = {browser.endpoint for browser in alert.browsers_of(session, clinic.people["doctor"])}
    assert len(kept) == alert.MOST_BROWSERS and f"{BROWSER}/0" not in kept


def test_nobody_is_told_by_work_that_comes_after_somebody_has_seen_the_patient(clinic: Clinic, session: Session) -> None:
    visit = clinic.arrive(session)
    visit.acknowledge(clinic.staff("doctor"), clock.now())
    for tell in (alert.tell_of_arrival, alert.tell_everybody):
        with pytest.raises(NoLongerWanted):
            tell(session, visit.id, clock.now())
    assert visit.escalated_at is None


def test_the_time_to_tell_everybody_is_the_organisations(clinic: Clinic, session: Session) -> None:
    session.get_one(Organization, clinic.id).escalate_minutes = 7
    visit = clinic.arrive(session)
    for _ in range(2):
        alert.tell_of_arrival(session, visit.id, clock.now())
    [planned] = jobs(session, clinic, alert.ESCALATION)
    assert planned.due == visit.arrived_at + timedelta(minutes=7)


def test_an_organisation_may_never_tell_everybody(clinic: Clinic, session: Session) -> None:
    session.get_one(Organization, clinic.id).escalate_minutes = 0
    alert.tell_of_arrival(session, clinic.arrive(session).id, clock.now())
    assert jobs(session, clinic, alert.ESCALATION) == []


def test_when_the_time_is_over_everybody_who_sees_the_visit_is_alerted(clinic: Clinic, session: Session) -> None:
    monitor(clinic, clinic.departments[0])
    visit = clinic.arrive(session)
    alert.tell_everybody(session, visit.id, clock.now())
    assert alerted(clinic, session, visit) == {"doctor", "manager", "admin", "monitor"}
    assert visit.escalated_at is not None


def test_when_nobody_else_notices_everybody_gets_a_mail_unasked(clinic: Clinic, session: Session) -> None:
    alert.tell_everybody(session, clinic.arrive(session).id, clock.now())
    assert mails(session) == sorted(clinic.email(person) for person in ("doctor", "manager", "admin"))


@pytest.mark.parametrize("notices", ["bell", "desktop", "push", "mail"])
def test_when_somebody_else_notices_nobody_gets_a_mail_unasked(clinic: Clinic, session: Session, notices: str) -> None:
    if notices == "push":
        alert.subscribe(session, clinic.staff("admin"), BROWSER, "key", "secret", clock.now())
    elif notices == "mail":
        choose(clinic, session, "admin", mail=True)
    else:
        choose(clinic, session, "admin", **({"bell": False} | {notices: True}))
        at_desk(clinic, session, "admin")
    alert.tell_everybody(session, clinic.arrive(session).id, clock.now())
    assert mails(session) == ([clinic.email("admin")] if notices == "mail" else [])


def test_a_bell_that_the_clinic_has_switched_off_is_heard_by_nobody(clinic: Clinic, session: Session) -> None:
    session.get_one(Organization, clinic.id).sound_alarm = False
    at_desk(clinic, session, "doctor")
    alert.tell_everybody(session, clinic.arrive(session).id, clock.now())
    assert len(mails(session)) == 3


def test_a_trial_by_mail_comes_once_a_minute(clinic: Clinic, session: Session) -> None:
    now = clock.now().replace(second=0)
    for later in (0, 30, 60):
        alert.try_mail(session, clinic.staff("doctor"), now + timedelta(seconds=later))
    assert mails(session) == [clinic.email("doctor")] * 2


def test_jobs_that_were_done_are_forgotten_after_a_while(clinic: Clinic) -> None:
    with clinic.session() as session:
        clinic.arrive(session)
        [done] = jobs(session, clinic, ARRIVAL)
        done.state, done.ended_at = WorkState.DONE, clock.now()
    with clinic.session() as session:
        forget_ended(session, clock.now() - timedelta(days=1))
        assert jobs(session, clinic, ARRIVAL)
        forget_ended(session, clock.now() + timedelta(seconds=1))
        assert not jobs(session, clinic, ARRIVAL)


def _planned(session: Session, kind: str) -> list[Job]:
    return session.query(Job).filter_by(kind=kind, organization_id=session.organization_id).all()


def _pushes(session: Session) -> list[int]:
    return [job.payload["subscription"] for job in _planned(session, alert.PUSH) if "message" in job.payload]


@pytest.mark.parametrize(("department", "heard"), [(None, True), (0, True), (1, False)])
def test_a_monitor_is_told_what_waiting_patients_write(clinic: Clinic, session: Session, department: int | None, heard: bool) -> None:
    monitor(clinic, None if department is None else clinic.departments[department])
    visit, now = clinic.arrive(session), clock.now()
    for person in ("monitor", "doctor"):
        alert.subscribe(session, clinic.staff(person), f"https://push.example/{person}", "k", "s", now)
    visit.acknowledge(clinic.staff("doctor"), now)
    seq = clinic.say(session, visit, "Are you there?")
    alert.patient_wrote(session, visit, seq, now)
    [planned] = _planned(session, alert.MESSAGE)
    assert planned.due == now + alert.UNREAD
    for _ in range(2):  # a worker that was killed does it again
        alert.tell_of_message(session, visit.id, seq, now)
    assert len(_pushes(session)) == int(heard)


def test_a_message_that_was_read_in_time_is_told_nobody(clinic: Clinic, session: Session) -> None:
    monitor(clinic, None)
    visit = clinic.arrive(session)
    seq = clinic.say(session, visit, "Are you there?")
    session.refresh(visit.conversation)
    visit.conversation.read_by_staff(clinic.staff("doctor"))
    with pytest.raises(NoLongerWanted):
        alert.tell_of_message(session, visit.id, seq, clock.now())
