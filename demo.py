"""The demo clinic: enough people, times and texts to try everything at once, and a second organisation beside it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import scoped_session

from admin import sign_in
from telehealth import api_key, booking, case, clock, conversation, correspondence, feed, feedback, message, occupancy, visit_type
from telehealth.announcement import Announcement
from telehealth.booking import Appointment, AppointmentStatus, Booking, Search
from telehealth.channel import Channel, ChannelSwitch
from telehealth.chat_group import ChatGroup
from telehealth.closed_day import close_on
from telehealth.conversation import AuthorKind, Conversation
from telehealth.case import CaseField, CaseFieldKind, CaseOutcome, Entered
from telehealth.case_text import CaseText, Occasion
from telehealth.contact_point import ContactKind
from telehealth.database import Session
from telehealth.department import Department
from telehealth.feedback import Rating
from telehealth.follow_up import FollowUp, FollowUpHint
from telehealth.message import Author
from telehealth.message_template import MessageTemplate, MessageTemplateSet
from telehealth.opening_hours import OpeningHours
from telehealth.messenger import MessengerAccount
from telehealth.organization import Organization, PaymentProvider, PayOnline
from telehealth.outbox import MailKind
from telehealth.patient import Patient
from telehealth.practitioner import Permission, Practitioner, PractitionerRole, Role, Staff, staff
from telehealth.questionnaire import Questionnaire, QuestionnaireItem
from telehealth.questionnaire_form import ItemKind
from telehealth.participant import ExternalPerson, Group
from telehealth.quick_text import QuickText
from telehealth.schedule import Availability, Purpose
from telehealth.ticket import TicketKind, issue
from telehealth.waiting_room import EncounterKind, begin
from telehealth.team import name_team
from telehealth.visit_type import Mode, VisitType
from telehealth.widget import FieldKind, Widget, WidgetField, WidgetKind
from web.framing import ANY_LOOPBACK
from web.house import House
from web.questionnaire_templates import begin_all

PASSWORD = "demo-Konsulto-1"  # noqa: S105 (printed for everybody who tries the demo)
LOOPBACK = [ANY_LOOPBACK]
TERMS = (
    "You talk to a professional of this clinic by text or video. What you tell is kept in your record and seen only by "
    "the people who treat you. This service is not for emergencies."
)


@dataclass(frozen=True)
class Person:
    email: str
    name: str
    title: str
    role: Role
    department: str | None
    takes_walk_ins: bool = False
    languages: str = "English"


PEOPLE = (
    Person("admin@demo.example", "Robin Adler", "Administrator", Role.ORGANIZATION_ADMINISTRATOR, None),
    Person("manager@demo.example", "Maria Manning", "Manager", Role.DEPARTMENT_ADMINISTRATOR, "General practice"),
    Person(
        "doctor@demo.example", "Dr Amira Haddad", "Doctor", Role.PRACTITIONER, "General practice", True,
        "English, Arabic",
    ),
    Person("nurse@demo.example", "Tom Becker", "Nurse", Role.PRACTITIONER, "Nurses", True, "English, German"),
    Person("translator@demo.example", "Tiina Aalto", "Translator", Role.TRANSLATOR, None),
    Person("reception@demo.example", "Rosa Lindholm", "Receptionist", Role.WAITING_ROOM_MONITOR, None),
)  # fmt: skip


def load(house: House) -> None:
    """Make both organisations unless they are there."""
    with house.sessions() as session, session.begin():
        known = set(session.scalars(select(Organization.slug)))
    if "demo" not in known:
        _load_demo(house)
    if "other" not in known:
        _load_other(house)


def sign_ins(base_url: str) -> str:
    people = "\n".join(f"  {person.email:26} {person.title}" for person in PEOPLE)
    return (
        f"\nKonsulto runs on {base_url}\n"
        f"  desk   {base_url}/desk/\n  admin  {base_url}/admin/\n"
        f"  widgets {base_url}/w/demo-walk-in  {base_url}/w/demo-booking  {base_url}/w/demo-chat\n"
        f"Sign in as\n{people}\n  admin@other.example        Administrator of the other organisation\n"
        f"with the password {PASSWORD}\n"
    )


def _begin(session: Session | scoped_session[Session], slug: str, name: str) -> Organization:
    organization = Organization(
        slug=slug, name=name, zone="Europe/Amsterdam", locale="en", locales=["en"], phone="01632 960 120",
        is_test=True, chat=True, created_at=clock.now(),
    )  # fmt: skip
    session.add(organization)
    session.flush()
    session.enter(organization.id)
    session.add_all([feed.Feed(name=name.value) for name in feed.FeedName])
    begin_all(session, organization)
    return session.get_one(Organization, organization.id)  # whoever enters leaves behind what was read before


def _load_demo(house: House) -> None:
    with house.sessions() as session, session.begin():
        clinic = _begin(session, "demo", "Harbour Street Clinic")
        clinic.screen_sharing = clinic.show_free_times = clinic.chat_groups = True
        clinic.pay_online, clinic.payment_provider = PayOnline.OFFERED, PaymentProvider.SANDBOX
        departments = _departments(session)
        people = {person.email: _person(session, house, person, departments) for person in PEOPLE}
        _visit_types(session)
        _availabilities(session, people)
        _team(session, departments)
        channels = _channels(session, departments)
        _messenger(session, channels["Customer service"])
        _widgets(session, departments, channels)
        _questionnaire(session, departments)
        _welcome(departments)
        _templates(session)
        close_on(session, {date(clock.now().year + 1, 1, 1): "New Year’s Day"})
        session.add_all([
            CaseField(label="What it is about", kind=CaseFieldKind.CHOICE, choices="Medicine\nAppointment\nResult\nOther", required=True),
            CaseField(label="Notes", kind=CaseFieldKind.LONG_TEXT, position=1),
            CaseOutcome(name="Answered"), CaseOutcome(name="No answer needed", position=1),
            CaseText(occasion=Occasion.PATIENT_SILENT, text="Are you still there? We close this conversation soon if we hear nothing."),
            CaseText(occasion=Occasion.ENDED_SILENT, text="We have closed this conversation. You can write to us again at any time."),
            CaseText(occasion=Occasion.TRANSFERRED, text="A colleague from another team answers you now."),
            QuickText(title="Phone call", code="phone", text="We call you by phone in a moment.", position=0),
            QuickText(title="Seen", code="seen", text="We have seen you, *|patient_name|*. Somebody comes to you soon.", position=1),
        ])  # fmt: skip
        session.add_all([
            Group(name="Home care", position=1),
            ExternalPerson(initials="J.", last_name="Vermeulen", email="j.vermeulen@demo.example", groups=[Group(name="Family", position=0)]),
        ])  # fmt: skip
        _hints(session, departments)
        _letters(session, people)
        _group(session, people)
        _past_visits(session, people, departments)
        _cases(session, people, channels)
        _past_appointments(session)
        _coming_visits(session)
        session.add(Announcement(text="Bring your insurance card; we ask for its number at the start.", expires_at=None))
        api_key.create(session, "WordPress (demo)", clock.now())


def _messenger(session: Session, channel: Channel) -> None:
    """A webhook in the sandbox: what is posted to it comes into the inbox, and nothing leaves."""
    account = MessengerAccount(kind=ContactKind.WEBHOOK, name="Own app (sandbox)", channel_id=channel.id)
    session.add(account)
    session.flush()
    account.keep(token="", secret=secrets.token_urlsafe(24), now=clock.now())


def _departments(session: Session) -> dict[str, Department]:
    described = {
        "General practice": "Doctors for everything that is not an emergency",
        "Nurses": "Wounds, medicines, vaccinations, test results",
        "Children’s clinic": "For everybody under 16",
    }
    rows = {
        name: Department(name=name, description=text, position=n) for n, (name, text) in enumerate(described.items())
    }
    session.add_all(rows.values())
    session.flush()
    return rows


def _person(session: Session, house: House, person: Person, departments: dict[str, Department]) -> Practitioner:
    row = Practitioner(
        name=person.name, title=person.title, email=person.email, languages=person.languages,
        takes_walk_ins=person.takes_walk_ins,
    )  # fmt: skip
    row.roles.append(PractitionerRole(role=person.role, department=departments.get(person.department or "")))
    session.add(row)
    session.flush()
    sign_in.create_user(session, row, PASSWORD, house.run_blocking)
    return row


def _availabilities(session: Session, people: dict[str, Practitioner]) -> None:
    today = clock.now().date()
    for email, windows in {"doctor@demo.example": ((540, 720), (780, 1020)), "nurse@demo.example": ((480, 720),)}.items():
        session.add_all(
            Availability(
                practitioner_id=people[email].id, purpose=Purpose.BOOKING, weekday=weekday, valid_from=_begins(today),
                from_minute=begin, to_minute=end, length_minutes=20, gap_minutes=10,
            )
            for weekday in range(7)
            for begin, end in windows
        )  # fmt: skip


def _visit_types(session: Session) -> None:
    session.add_all([
        VisitType(name="Video consultation", mode=Mode.VIDEO, position=0),
        VisitType(name="Telephone call", mode=Mode.PHONE, length_minutes=10, position=1),
        VisitType(
            name="Visit at the clinic", mode=Mode.ON_SITE, length_minutes=30, price=Decimal(45), weekend_price=Decimal(60),
            place="12 Harbour Street, first floor", position=2,
        ),
    ])  # fmt: skip
    session.flush()


def _team(session: Session, departments: dict[str, Department]) -> None:
    """Two patients at once in the afternoon, for whichever nurse is free."""
    team = name_team(session, departments["Nurses"], "Nurse team")
    if team is None:
        return
    session.add_all(
        Availability(
            practitioner_id=team.id, purpose=Purpose.BOOKING, weekday=weekday, valid_from=_begins(clock.now().date()),
            from_minute=780, to_minute=960, length_minutes=20, gap_minutes=10, capacity=2,
        )
        for weekday in range(5)
    )  # fmt: skip


def _begins(today: date) -> date:
    return today - timedelta(days=PAST_DAYS + 7)


def _channels(session: Session, departments: dict[str, Department]) -> dict[str, Channel]:
    rows = {
        "Nurse chat": Channel(
            name="Nurse chat", description="Symptoms, test results, medicines", department_id=departments["Nurses"].id,
            switch=ChannelSwitch.OPEN, position=0, after_visits=True, busy_from=5, busy_minutes=10,
        ),
        "Customer service": Channel(
            name="Customer service", description="Appointments, bills, addresses", switch=ChannelSwitch.BY_HOURS,
            position=1,
        ),
        "Psychologist": Channel(
            name="Psychologist", description="Somebody to talk to", switch=ChannelSwitch.BY_HOURS, position=2, takes_questions=True
        ),
        "Doctor chat": Channel(
            name="Doctor chat", description="Only colleagues pass conversations on to it",
            department_id=departments["General practice"].id, switch=ChannelSwitch.OPEN, internal=True, position=3, closes_when_empty=True, empty_minutes=10,
        ),
    }  # fmt: skip
    rows["Customer service"].hours = [
        OpeningHours(weekday=day, opens_minute=480, closes_minute=1020) for day in range(5)
    ]
    rows["Psychologist"].hours = [OpeningHours(weekday=0, opens_minute=540, closes_minute=660)]
    session.add_all(rows.values())
    session.flush()
    return rows


def _fields() -> list[WidgetField]:
    asked = (
        (FieldKind.INITIALS, "Initials", "", True),
        (FieldKind.LAST_NAME, "Last name", "", True),
        (FieldKind.BIRTH_DATE, "Date of birth", "", True),
        (FieldKind.EMAIL, "E-mail", "", False),
    )
    return [
        WidgetField(key=kind.value, kind=kind, label=label, help=text, required=required, position=n)
        for n, (kind, label, text, required) in enumerate(asked)
    ]


def _questionnaire(session: Session, departments: dict[str, Department]) -> None:
    """What General practice asks before its appointments."""
    asked = Questionnaire(
        title="Before your visit", departments=[departments["General practice"]],
        introduction="It takes about three minutes. The doctor reads your answers before you talk to each other.",
    )  # fmt: skip
    described = (
        (ItemKind.LONG_TEXT, "What is it about?", "In your own words, as short or as long as you like.", "", True),
        (ItemKind.ONE, "Since when?", "", "Today\nSome days\nSome weeks\nLonger", True),
        (ItemKind.SEVERAL, "Do you have any of these?", "", "Fever\nPain\nCough\nTrouble sleeping", False),
        (ItemKind.HEADING, "Your health", "", "", False),
        (ItemKind.YES_NO, "Do you take medicines?", "", "", True),
        (ItemKind.LONG_TEXT, "Which medicines, and how often?", "Also those without a prescription.", "", True),
        (ItemKind.YES_NO, "Do you have allergies?", "", "", True),
        (ItemKind.SHORT_TEXT, "Which allergies?", "", "", True),
    )
    asked.items = [
        QuestionnaireItem(key=f"demo_{n}", kind=kind, text=text, help=said, options=options, required=required, position=n)
        for n, (kind, text, said, options, required) in enumerate(described)
    ]
    session.add(asked)
    session.flush()
    for question, following in ((4, 5), (6, 7)):
        asked.items[following].wait_for(f"{asked.items[question].id}=yes")


def _welcome(departments: dict[str, Department]) -> None:
    """What patients of the first department read before their appointment."""
    first = departments["General practice"]
    first.on_time_text = "You are on time. Come in from *|appointment_welcome_from|*; we call you at *|appointment_time|*."
    first.late_text = "We still expect you. Come in now, or call *|organization_phone|*."


def _widgets(session: Session, departments: dict[str, Department], channels: dict[str, Channel]) -> None:
    walk_in = Widget(
        key="demo-walk-in", name="Walk-in, website", kind=WidgetKind.WALK_IN, title="Talk to someone now",
        intro="Choose a person. You wait on this page and we call you in.",
        absent_text="Nobody is available right now. You can book a time or leave a message.",
        end_text="Thank you for your visit. If it gets worse, call us.", terms=TERMS, allowed_sites=LOOPBACK,
        departments=list(departments.values()), fields=_fields(), busy_from=5, contact_requests=True,
        contact_channel=channels["Customer service"],
    )  # fmt: skip
    walk_in.fields[3].help = "So that the clinic can reach you if the connection is lost."
    walk_in.fields.append(
        WidgetField(
            key="reason", kind=FieldKind.REASON, label="What is it about?", position=9,
            help="Only the person you talk to reads this.",
        )
    )  # fmt: skip
    booking = Widget(
        key="demo-booking", name="Book at the clinic", kind=WidgetKind.BOOKING, title="Book an appointment",
        absent_text="There are no free times at the moment.", terms=TERMS, allowed_sites=LOOPBACK, fields=_fields(),
        contact_requests=True, contact_channel=channels["Customer service"],
    )  # fmt: skip
    booking.fields[3].required, booking.fields[3].help = True, "We send the link to your appointment here."
    chat = Widget(
        key="demo-chat", name="Questions", kind=WidgetKind.CHAT, title="How can we help?",
        intro="Choose who you want to write to.", button_label="Questions?", allowed_sites=LOOPBACK,
        channels=[channels[name] for name in ("Nurse chat", "Customer service", "Psychologist")],
    )  # fmt: skip
    session.add_all([walk_in, booking, chat])


def _templates(session: Session) -> None:
    texts = MessageTemplateSet(name="For all departments")
    texts.templates = [
        MessageTemplate(
            kind=MailKind.CONFIRMATION,
            subject="Your appointment on *|appointment_date|*",
            body=(
                "Dear *|patient_name|*,\n\n"
                "We expect you on *|appointment_date|* at *|appointment_time|* (*|time_zone|*). "
                "You talk to *|practitioner_name|*.\n\n"
                "This link leads to the waiting room. You are welcome from *|appointment_welcome_from|*:\n"
                "*|consult_deeplink|*\n\n"
                "Plans changed? Call us: *|organization_phone|*."
            ),
        )
    ]
    session.add(texts)


def _hints(session: Session, departments: dict[str, Department]) -> None:
    session.add_all([
        FollowUpHint(text="If it gets worse, call us: *|organization_phone|*.", preselected=True),
        FollowUpHint(text="In the evening and at night, call the out-of-hours service: 01632 960 199.", position=1),
        FollowUpHint(
            text="For questions about your wound, call the nurses: 01632 960 121.", department=departments["Nurses"],
            position=2,
        ),
    ])  # fmt: skip


# Days ago, who treated, where, minutes, rating, words of the patient.
PAST = (
    (2, "doctor", "General practice", 12, Rating.VERY_GOOD, "Dr Haddad took her time."),
    (5, "doctor", "General practice", 8, Rating.GOOD, ""),
    (9, "nurse", "Nurses", 15, Rating.VERY_GOOD, "Clear and kind."),
    (20, "nurse", "Nurses", 6, Rating.FAIR, "I could hear you badly."),
    (34, "doctor", "General practice", 10, Rating.BAD, "I waited for forty minutes."),
    (38, "doctor", "General practice", 9, Rating.GOOD, ""),
    (41, "nurse", "Nurses", 11, Rating.GOOD, ""),
)
PAST_DAYS, SATURDAY = 35, 5
NAMES = (("J.", "Berg"), ("M.", "Okafor"), ("L.", "Santos"), ("P.", "Novak"), ("E.", "Yilmaz"), ("R.", "Klein"), ("A.", "Dubois"))


def _coming_visits(session: Session) -> None:
    """Some appointments of the coming days, so that the calendar shows something; nobody gets a mail."""
    session.flush()
    now = clock.now()
    widget, kinds = session.query(Widget).filter_by(key="demo-booking").one(), list(visit_type.offered(session))
    for number, (initials, last_name) in enumerate(NAMES):
        search, day = Search(visit_type_id=kinds[number % len(kinds)].id), (now + timedelta(days=1 + number // 3)).date()
        slot = booking.day_of(session, search, day, now)[number % 3 * 6]
        wanted = Booking(
            client_id=f"demo-{number}", visitor="demo", locale="en", slot_id=slot.id, initials=initials, last_name=last_name,
            birth_date=date(1970, 1, 1 + number), email="", phone=f"01632 960 2{number:02}",
        )  # fmt: skip
        booking.book(session, widget, wanted, now)


def _past_visits(session: Session, people: dict[str, Practitioner], departments: dict[str, Department]) -> None:
    """Some visits that ended, so that there is feedback to look at."""
    session.flush()
    for (initials, last_name), past in zip(NAMES, PAST, strict=True):
        days, person, department, minutes, rating, words = past
        who = staff(session, people[f"{person}@demo.example"].id)
        begins = clock.now() - timedelta(days=days)
        if who is not None:
            patient = Patient(initials=initials, last_name=last_name, birth_date=date(1970, 1, 1 + days % 28), created_at=begins)
            session.add(patient)
            session.flush()
            _past_visit(session, patient, departments[department], who, begins, timedelta(minutes=minutes), rating, words)


def _past_visit(
    session: Session, patient: Patient, department: Department, who: Staff, begins: datetime, length: timedelta,
    rating: Rating, words: str,
) -> None:  # fmt: skip
    ticket = issue(session, TicketKind.WALK_IN, "demo", now=begins)
    visit = begin(session, ticket, patient, EncounterKind.WALK_IN, "en", begins)
    visit.department_id = department.id
    session.add(visit)
    session.flush()
    visit.admit(who, begins)
    by = Author(AuthorKind.STAFF, who.name, who.practitioner_id)
    message.post(session, visit.conversation_id, "demo-greeting", "Good morning, what can I do for you?", by=by, now=begins)
    visit.end(who, begins + length)
    visit.sum_up(who, "Rest, and drink enough.", FollowUp("If it gets worse, call us: 01632 960 120."), begins + length)
    feedback.give(session, visit, rating, words, begins + length + timedelta(minutes=1))


def _letters(session: Session, people: dict[str, Practitioner]) -> None:
    """A patient and the doctor who write to each other beyond a visit; everything is read."""
    doctor = people["doctor@demo.example"]
    department_id = next(role.department_id for role in doctor.roles if role.department_id is not None)
    patient = Patient(initials="T.", last_name="Okafor", birth_date=date(1979, 4, 2), email="t.okafor@demo.example", created_at=clock.now())
    session.add(patient)
    session.flush()
    said = clock.now() - timedelta(hours=3)
    letters = correspondence.between(session, patient, doctor, department_id, said)
    letters.post("demo-letter-1", "The new tablets make me sleepy in the morning. Can I take them at night?", said)
    by = Author(AuthorKind.STAFF, doctor.name, doctor.id)
    text = "Yes, do that. Write to me in a week how it goes."
    message.post(session, letters.conversation_id, "demo-letter-2", text, by=by, now=said + timedelta(minutes=40))
    session.refresh(letters.conversation)
    letters.conversation.unread_by_staff = letters.conversation.unread_by_patient = 0


def _group(session: Session, people: dict[str, Practitioner]) -> None:
    """Three patients in a group, of whom one is invited only and has no address; nothing is unread, so that no mail goes out."""
    doctor, said = people["doctor@demo.example"], clock.now() - timedelta(hours=5)
    group = ChatGroup(
        name="Living with COPD", description="For everybody who gets short of breath, and whoever lives with them.",
        rules="Be kind. What is said here stays here. No advertising.", moderators=[doctor], private_talks=True,
    )  # fmt: skip
    session.add(group)
    session.flush()
    who = staff(session, doctor.id)
    assert who is not None
    members = []
    for initials, last_name, nickname in (("H.", "Lindgren", "Blue bird"), ("A.", "Costa", "Teapot"), ("J.", "Baker", "")):
        address = f"{last_name.lower()}@demo.example" if nickname else ""
        patient = Patient(initials=initials, last_name=last_name, birth_date=date(1956, 8, 19), email=address, created_at=said)
        session.add(patient)
        session.flush()
        members.append(group.invite(patient, who, said))
        if nickname:
            members[-1].agree(nickname, said)
    members[0].post("demo-group-1", "Who of you has a trick for the stairs?", said + timedelta(minutes=4))
    members[1].post("demo-group-2", "I count: two steps, breathe out. And I never carry the shopping at once.", said + timedelta(minutes=19))
    group.said_by(who, "That is just what our physiotherapist teaches. She shows it on Thursday at three.", "demo-group-3", said + timedelta(minutes=50))
    session.refresh(group.conversation)
    group.conversation.unread_by_staff = 0
    for member in members:
        member.seen(group.conversation.seq)


# Who asks, what, minutes ago, the nurse's answer.
ASKED = (
    ("M. Santos", "Can I take the antibiotic together with milk?", 26, ""),
    ("P. Novak", "Where do I park when I come by car?", 1440, "In the yard behind the house, the first two hours are free."),
)


def _cases(session: Session, people: dict[str, Practitioner], channels: dict[str, Channel]) -> None:
    """Somebody who waits for an answer, and a case that was finished."""
    nurse, channel = staff(session, people["nurse@demo.example"].id), channels["Nurse chat"]
    for number, (name, question, minutes, answer) in enumerate(ASKED):
        at = clock.now() - timedelta(minutes=minutes)
        thread = conversation.start(
            session, channel, client_id=f"demo-case-{number}", widget_id=None, visitor=f"demo-visitor-{number}", subject=name,
            locale="en", now=at,
        )  # fmt: skip
        by = Author(AuthorKind.PATIENT, name, visitor=thread.visitor)
        message.post(session, thread.id, "demo-question", question, by=by, now=at)
        if answer and nurse is not None:
            channel.enter(nurse, active=True, now=at)
            thread.claim(nurse, at + timedelta(minutes=3))
            message.post(session, thread.id, "demo-answer", answer, by=Author(AuthorKind.STAFF, nurse.name, nurse.practitioner_id), now=at + timedelta(minutes=4))
            _finish(session, thread, nurse, at + timedelta(minutes=6))
            channel.enter(nurse, active=False, now=at + timedelta(minutes=6))


def _finish(session: Session, thread: Conversation, nurse: Staff, at: datetime) -> None:
    session.refresh(thread)
    thread.read_by_staff(nurse)
    thread.close(nurse, at)
    found, asked = case.of_thread(session, thread.id), session.query(CaseField).filter_by(kind=CaseFieldKind.CHOICE).one()
    if found is not None:
        found.enter(Entered(fields={str(asked.id): "3"}))
        found.finish(nurse, at, outcome_id=session.query(CaseOutcome).filter_by(name="Answered").one().id)


def _past_appointments(session: Session) -> None:
    """Some weeks of appointments, so that reports show something: most were held, one in nine was missed, one in eleven cancelled."""
    session.flush()
    widget, video = session.query(Widget).filter_by(key="demo-booking").one(), next(iter(visit_type.offered(session)))
    today, number = clock.now().date(), 0
    for day in (today - timedelta(days=back) for back in range(PAST_DAYS, 0, -1)):
        if day.weekday() >= SATURDAY:
            continue
        booked_at = datetime.combine(day, time(), UTC) - timedelta(days=10)
        for slot in booking.day_of(session, Search(visit_type_id=video.id), day, booked_at)[:: 16 - day.day % 9]:
            initials, last_name = NAMES[number % len(NAMES)]
            wanted = Booking(
                client_id=f"demo-past-{number}", visitor="demo", locale="en", slot_id=slot.id, initials=initials, last_name=last_name,
                birth_date=date(1970, 1, 1 + number % len(NAMES)), email="", phone=f"01632 960 2{number % len(NAMES):02}",
            )  # fmt: skip
            _live_through(session, booking.book(session, widget, wanted, booked_at), number)
            number += 1


def _live_through(session: Session, made: Appointment, number: int) -> None:
    """What became of it; nobody is told of any, so long ago."""
    who = staff(session, made.practitioner_id)
    if number % 11 == 0 or who is None or not who.may(Permission.ADMIT):
        made.status = AppointmentStatus.CANCELLED
        occupancy.free(session, made.id)
    elif number % 9 == 0:
        made.status = AppointmentStatus.NO_SHOW
    else:
        visit = begin(session, made.ticket, made.patient, EncounterKind.APPOINTMENT, "en", made.start)
        visit.department_id, visit.appointment_id, visit.planned_start = made.department_id, made.id, made.start
        session.add(visit)
        session.flush()
        admitted = made.start + timedelta(minutes=number * 7 % 12)
        visit.admit(who, admitted)
        visit.end(who, admitted + timedelta(minutes=9 + number * 5 % 14))


def _load_other(house: House) -> None:
    with house.sessions() as session, session.begin():
        _begin(session, "other", "The Other Clinic")
        department = Department(name="Other department")
        session.add(department)
        session.flush()
        person = Person("admin@other.example", "Olga Other", "Administrator", Role.ORGANIZATION_ADMINISTRATOR, None)
        row = _person(session, house, person, {})
        row.roles.append(PractitionerRole(role=Role.PRACTITIONER, department=department))
        channel = Channel(name="Other chat", switch=ChannelSwitch.OPEN)
        session.add(channel)
        session.add(
            Widget(
                key="other-walk-in", name="Other walk-in", kind=WidgetKind.WALK_IN, title="The other clinic",
                allowed_sites=LOOPBACK, fields=_fields(), departments=[department],
            )
        )  # fmt: skip
