"""Contact points: one way of writing an address, candidates that nobody merges, links that only staff make."""

import pytest

from telehealth import clock, contact_point
from telehealth.audit import AuditEvent
from telehealth.channel import NotAllowed
from telehealth.contact_point import BadAddress, ContactKind, ContactLink, ContactPoint, NotMergeable, UnknownContact, normalised
from telehealth.patient import Patient

NUMBER = "+31612345678"


def patient(session, name, phone="", email=""):
    made = Patient(initials="A.", last_name=name, phone=phone, email=email)
    session.add(made)
    session.flush()
    return made


def claimed(session, clinic, kind=ContactKind.PHONE, address="06 1234 5678"):
    thread = clinic.conversation(session)
    return thread, contact_point.claim(session, kind, address, thread, clock.now())


@pytest.mark.parametrize("written", ["06 1234 5678", "06-12345678", "+31 6 12345678", "0031612345678", "(06) 12.34.56.78"])
def test_a_number_is_read_as_in_the_clinics_country(written):
    assert normalised(ContactKind.PHONE, written, "NL") == NUMBER


@pytest.mark.parametrize(("kind", "address"), [
    (ContactKind.PHONE, "12"), (ContactKind.PHONE, "call me"), (ContactKind.EMAIL, "nobody"), (ContactKind.TELEGRAM, " "),
    (ContactKind.EMAIL, "a@b@c.nl"), (ContactKind.WEBHOOK, "x" * 300),
])  # fmt: skip
def test_what_is_no_address_is_refused(kind, address):
    with pytest.raises(BadAddress):
        normalised(kind, address, "NL")


def test_the_same_address_is_one_contact_point_in_one_clinic(clinic, other, session):
    _, first = claimed(session, clinic)
    _, second = claimed(session, clinic, address="+31 6 1234 5678")
    assert first.id == second.id
    session.commit()
    with other.session() as theirs:
        assert claimed(theirs, other)[1].id != first.id


def test_nobody_with_that_number_is_nobody(clinic, session):
    patient(session, "Visser", "06 8765 4321")
    thread, _ = claimed(session, clinic)
    found = contact_point.guess(session, thread)
    assert (found.patients, found.confirmed) == ([], None)


def test_several_patients_with_one_number_are_all_found_however_it_is_written(clinic, session):
    both = {patient(session, "Bakker", "06-12 34 56 78").id, patient(session, "Bakker", "+31 (6) 12345678").id}
    patient(session, "Abroad", "+32 612345678")
    thread, _ = claimed(session, clinic)
    assert {who.id for who in contact_point.guess(session, thread).patients} == both


def test_a_mail_address_is_compared_without_its_capitals(clinic, session):
    known = patient(session, "Smit", email="A.Smit@Example.org")
    thread, _ = claimed(session, clinic, ContactKind.EMAIL, "a.smit@example.ORG")
    assert contact_point.guess(session, thread).patients == [known]


def test_patients_of_next_door_are_never_found(clinic, other, session):
    with other.session() as theirs:
        patient(theirs, "Theirs", NUMBER)
    thread, _ = claimed(session, clinic)
    assert contact_point.guess(session, thread).patients == []


def test_a_number_that_was_changed_is_found_by_what_it_is_now(clinic, session):
    ida = patient(session, "Rossi", phone="010 765 4321")
    ida.phone = "(06) 12.34.56.78"
    session.flush()
    thread, _point = claimed(session, clinic)
    assert [found.last_name for found in contact_point.guess(session, thread).patients] == ["Rossi"]
    ida.phone = ""
    session.flush()
    assert contact_point.guess(session, thread).patients == []


def test_a_typed_number_links_nobody_and_opens_no_history(clinic, session):
    patient(session, "Only", NUMBER)
    thread, _ = claimed(session, clinic)
    assert thread.patient_id is None
    assert contact_point.earlier(session, thread) == []


def test_confirming_links_notes_who_did_it_and_opens_what_was_before(clinic, session):
    who = patient(session, "Jansen", NUMBER)
    doctor = clinic.staff("doctor")
    session.actor = f"practitioner:{doctor.practitioner_id}"
    earlier, _ = claimed(session, clinic)
    contact_point.confirm(session, earlier, who, by=doctor, now=clock.now())
    thread, _ = claimed(session, clinic)
    contact_point.confirm(session, thread, who, by=doctor, now=clock.now())
    session.flush()
    assert contact_point.earlier(session, thread) == [earlier]
    noted = {(row.entity, str(row.action)) for row in session.query(AuditEvent).filter_by(actor=session.actor)}
    assert {("patient", "opened"), ("conversation", "changed")} <= noted


def test_whom_staff_have_confirmed_comes_first_next_time(clinic, session):
    patient(session, "Aaa", NUMBER)
    last = patient(session, "Zzz", NUMBER)
    thread, _ = claimed(session, clinic)
    contact_point.confirm(session, thread, last, by=clinic.staff("doctor"), now=clock.now())
    again, _ = claimed(session, clinic)
    assert contact_point.guess(session, again).patients[0] == last


def test_parting_takes_the_link_back_and_the_candidate_away(clinic, session):
    who = patient(session, "Jansen", NUMBER)
    thread, _ = claimed(session, clinic)
    contact_point.confirm(session, thread, who, by=clinic.staff("doctor"), now=clock.now())
    contact_point.part(session, thread, by=clinic.staff("doctor"), now=clock.now())
    assert thread.patient_id is None
    assert contact_point.guess(session, thread).patients == []
    assert not session.query(ContactLink).one().is_right


def test_whoever_sees_no_patients_confirms_none(clinic, session):
    who = patient(session, "Jansen", NUMBER)
    thread, _ = claimed(session, clinic)
    with pytest.raises(NotAllowed):
        contact_point.confirm(session, thread, who, by=clinic.staff("translator"), now=clock.now())
    with pytest.raises(NotAllowed):
        contact_point.search(session, clinic.staff("translator"), thread, "")


def test_the_chooser_searches_only_among_those_with_that_number(clinic, session):
    mine = patient(session, "Jansen", NUMBER)
    patient(session, "Bakker", NUMBER)
    patient(session, "Jansen", "+31687654321")
    thread, _ = claimed(session, clinic)
    assert contact_point.search(session, clinic.staff("doctor"), thread, "jans") == [mine]


def test_merged_contact_points_find_each_others_patients_and_part_again(clinic, session):
    known = patient(session, "Smit", email="a@example.org")
    thread, number = claimed(session, clinic)
    _, mail = claimed(session, clinic, ContactKind.EMAIL, "a@example.org")
    number.merge(mail)
    assert contact_point.guess(session, thread).patients == [known]
    number.split()
    assert contact_point.guess(session, thread).patients == []


def test_splitting_the_first_of_three_leaves_the_other_two_together(clinic, session):
    points = [claimed(session, clinic, ContactKind.EMAIL, f"{n}@example.org")[1] for n in range(3)]
    points[1].merge(points[0])
    points[2].merge(points[1])
    points[0].split()
    assert contact_point.group(session, points[0]) == [points[0]]
    assert set(contact_point.group(session, points[2])) == set(points[1:])


def test_a_contact_point_is_not_merged_with_itself(clinic, session):
    _, one = claimed(session, clinic)
    with pytest.raises(NotMergeable):
        one.merge(one)


def test_a_contact_point_of_another_conversation_is_unknown_here(clinic, session):
    thread, _ = claimed(session, clinic)
    _, foreign = claimed(session, clinic, address="06 8765 4321")
    with pytest.raises(UnknownContact):
        contact_point.find(session, thread, foreign.id)


def test_notices_go_only_where_they_were_agreed_to_and_the_owner_is_known(clinic, session):
    who = patient(session, "Jansen", NUMBER)
    thread, at = claimed(session, clinic, ContactKind.WHATSAPP, NUMBER)
    kinds = [ContactKind.WHATSAPP]
    contact_point.confirm(session, thread, who, by=clinic.staff("doctor"), now=clock.now())
    at.verify(clock.now())
    assert contact_point.reached(session, who.id, kinds) is None
    at.consent(clock.now())
    session.flush()
    assert contact_point.reached(session, who.id, kinds) is at
    at.block(clock.now())
    session.flush()
    assert contact_point.reached(session, who.id, kinds) is None
    assert session.query(ContactPoint).count() == 1
