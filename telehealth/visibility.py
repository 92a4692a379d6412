"""Who may see what: one rule per kind of row, asked by every page, event, export, search and report.

Role AND department membership AND channel presence. `visible` gives the rule as a condition for queries, `may_see`
asks it about one row; there is no second place where it is written.
"""

from __future__ import annotations

from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, false, or_, select, true

from telehealth.booking import Appointment
from telehealth.case import Case
from telehealth.channel import Channel
from telehealth.chat_group import ChatGroup, GroupReport, PrivateTalk, chat_group_moderator
from telehealth.conversation import Conversation
from telehealth.correspondence import Correspondence, CorrespondenceMember
from telehealth.database import Base, Session
from telehealth.feedback import Feedback
from telehealth.file import StoredFile
from telehealth.organization import Organization
from telehealth.patient import Patient
from telehealth.practitioner import Permission, PractitionerRole, Role, Staff
from telehealth.presence import Presence
from telehealth.department import Department
from telehealth.questionnaire_response import QuestionnaireResponse
from telehealth.waiting_room import Encounter, EncounterStatus
from telehealth.waitlist import WaitlistEntry
from telehealth.widget import Widget

Row = TypeVar("Row", bound=Base)


def visible(staff: Staff, kind: type[Row]) -> ColumnElement[bool]:
    """The condition under which somebody may see rows of this kind, content included."""
    rule: ColumnElement[bool] = _RULES[kind](staff)
    return rule


def visible_rows(staff: Staff, kind: type[Row]) -> Select[Any]:
    return select(kind).where(visible(staff, kind))


def may_see(session: Session, staff: Staff, row: Base) -> bool:
    """Whether somebody may see this row, content included."""
    kind: Any = type(row)
    identity: Any = row
    return session.scalar(select(kind.id).where(kind.id == identity.id, visible(staff, kind))) is not None


def may_see_header(staff: Staff) -> ColumnElement[bool]:
    """Which conversations somebody sees listed, without content: those of the channels within reach (S000-12)."""
    if not staff.may(Permission.ANSWER_CHAT):
        return false()
    return Conversation.channel_id.in_(select(Channel.id).where(channels_within_reach(staff)))


def channels_within_reach(staff: Staff) -> ColumnElement[bool]:
    """The channels somebody can be present in: the organisation's own and those of the own departments."""
    if not staff.may(Permission.ANSWER_CHAT):
        return false()
    if staff.sees_everything:
        return true()
    return or_(Channel.department_id.is_(None), Channel.department_id.in_(staff.departments))


def _patients(staff: Staff) -> ColumnElement[bool]:
    return true() if staff.may(Permission.SEE_PATIENT) else false()


def _encounters(staff: Staff) -> ColumnElement[bool]:
    if not staff.may(Permission.SEE_WAITING_ROOM):
        return false()
    if staff.sees_everything:
        return true()
    return or_(Encounter.department_id.in_(staff.departments), Encounter.admitted_by_id == staff.practitioner_id)


def _appointments(staff: Staff) -> ColumnElement[bool]:
    if not staff.may(Permission.SEE_CALENDAR):
        return false()
    if staff.sees_everything:
        return true()
    return or_(
        Appointment.department_id.in_(staff.departments), Appointment.practitioner_id == staff.practitioner_id
    )


def _responses(staff: Staff) -> ColumnElement[bool]:
    """Answers are seen by whoever treats patients and sees the appointment or the visit they were given for."""
    if not staff.may(Permission.SEE_PATIENT):
        return false()
    visits = select(Encounter.id).where(_encounters(staff))
    visited = select(Encounter.appointment_id).where(_encounters(staff), Encounter.appointment_id.is_not(None))
    return or_(
        QuestionnaireResponse.appointment_id.in_(select(Appointment.id).where(_appointments(staff))),
        QuestionnaireResponse.appointment_id.in_(visited),
        QuestionnaireResponse.encounter_id.in_(visits),
    )


def _files(staff: Staff) -> ColumnElement[bool]:
    """Those of conversations, appointments and their visits that one sees, and what oneself is about to put somewhere."""
    said = StoredFile.conversation_id.in_(select(Conversation.id).where(_conversations(staff)))
    if not staff.may(Permission.SEE_PATIENT):
        return said
    visited = select(Encounter.appointment_id).where(_encounters(staff), Encounter.appointment_id.is_not(None))
    return or_(
        StoredFile.appointment_id.in_(select(Appointment.id).where(_appointments(staff))),
        StoredFile.appointment_id.in_(visited),
        StoredFile.appointment_id.is_(None) & StoredFile.conversation_id.is_(None) & (StoredFile.put_by_id == staff.practitioner_id),
        said,
    )


def _conversations(staff: Staff) -> ColumnElement[bool]:
    """Content takes presence in the channel or having claimed it; a visit's talk is seen with the visit.

    What waits among the non-urgent ones is seen without presence, by everybody within reach of its channel (S000-8).
    """
    with_me = (Encounter.admitted_by_id == staff.practitioner_id) & (Encounter.status == EncounterStatus.ADMITTED)
    alone = Encounter.continues_from.is_(None) | with_me  # messages that go on after the visit are not everybody's who sees it
    of_visits = Conversation.id.in_(select(Encounter.conversation_id).where(_encounters(staff), alone))
    elsewhere = or_(of_visits, *_talks_of_groups(staff))
    if not staff.may(Permission.ANSWER_CHAT):
        return elsewhere if staff.may(Permission.TALK) else false()
    present = select(Presence.channel_id).where(
        Presence.practitioner_id == staff.practitioner_id, Presence.active
    )
    within_reach = select(Channel.id).where(channels_within_reach(staff))
    return or_(
        Conversation.channel_id.in_(present) & Conversation.channel_id.in_(within_reach),
        Conversation.claimed_by_id == staff.practitioner_id,
        Conversation.id.in_(select(Case.conversation_id).where(Case.non_urgent, Case.done_at.is_(None)))
        & Conversation.channel_id.in_(within_reach),
        elsewhere,
        Conversation.id.in_(select(Correspondence.conversation_id).where(_correspondences(staff))),
    )


def _groups(staff: Staff) -> ColumnElement[bool]:
    """Those one looks after; whoever administers the department, or everything, sees them too. Who is who is seen with it."""
    if not (staff.may(Permission.LEAD_GROUPS) and staff.may(Permission.SEE_PATIENT)):
        return false()
    if staff.may(Permission.ADMINISTER):
        return true()
    led = select(chat_group_moderator.c.group_id).where(
        chat_group_moderator.c.practitioner_id == staff.practitioner_id, chat_group_moderator.c.organization_id == staff.organization_id
    )
    own = ChatGroup.id.in_(led)
    if staff.may(Permission.ADMINISTER_DEPARTMENT):
        return or_(own, true() if staff.sees_everything else ChatGroup.department_id.in_(staff.departments))
    return own


def _talks_of_groups(staff: Staff) -> list[ColumnElement[bool]]:
    """What a group's members write to all; what two of them write to each other only once a message of it was reported."""
    if not staff.may(Permission.LEAD_GROUPS):
        return []
    mine = select(ChatGroup.id).where(_groups(staff))
    of_two = select(PrivateTalk.conversation_id).where(PrivateTalk.reported_at.is_not(None), PrivateTalk.group_id.in_(mine))
    return [Conversation.id.in_(select(ChatGroup.conversation_id).where(_groups(staff))), Conversation.id.in_(of_two)]


def _group_reports(staff: Staff) -> ColumnElement[bool]:
    return GroupReport.group_id.in_(select(ChatGroup.id).where(_groups(staff)))


def _cases(staff: Staff) -> ColumnElement[bool]:
    """A case is seen with its newest thread."""
    return Case.conversation_id.in_(select(Conversation.id).where(_conversations(staff)))


def _correspondences(staff: Staff) -> ColumnElement[bool]:
    """One's own, those one has joined, and those of the own departments where the organisation shares them (S002-69)."""
    if not (staff.may(Permission.ANSWER_CHAT) and staff.may(Permission.SEE_PATIENT)):
        return false()
    if staff.sees_everything:
        return true()
    joined = select(CorrespondenceMember.correspondence_id).where(
        CorrespondenceMember.practitioner_id == staff.practitioner_id
    )
    own = or_(Correspondence.practitioner_id == staff.practitioner_id, Correspondence.id.in_(joined))
    within = Correspondence.department_id.in_(staff.departments)
    if staff.may(Permission.ADMINISTER_DEPARTMENT):
        return or_(own, within)
    shared = select(Organization.id).where(Organization.id == staff.organization_id, Organization.share_messages)
    return or_(own, within & or_(shared.exists(), Correspondence.practitioner_id.is_(None)))


def _feedback(staff: Staff) -> ColumnElement[bool]:
    """One's own; whoever manages a department that of the department; administrators all."""
    if staff.may(Permission.ADMINISTER):
        return true()
    if not staff.may(Permission.SEE_WAITING_ROOM):
        return false()
    own = Feedback.practitioner_id == staff.practitioner_id
    managing = (PractitionerRole.practitioner_id == staff.practitioner_id) & (
        PractitionerRole.role == Role.DEPARTMENT_ADMINISTRATOR
    )
    managed = select(PractitionerRole.department_id).where(managing, PractitionerRole.department_id.is_not(None))
    everywhere = select(PractitionerRole.id).where(managing, PractitionerRole.department_id.is_(None))
    return or_(own, Feedback.department_id.in_(managed), everywhere.exists())


def _waitlist(staff: Staff) -> ColumnElement[bool]:
    """An address is a patient's. Who waits for any department of a widget is seen in each that the widget offers."""
    if not (staff.may(Permission.SEE_PATIENT) and staff.may(Permission.SEE_CALENDAR)):
        return false()
    if staff.sees_everything:
        return true()
    offering = ~Widget.departments.any() | Widget.departments.any(Department.id.in_(staff.departments))
    anywhere = WaitlistEntry.department_id.is_(None) & WaitlistEntry.widget_id.in_(select(Widget.id).where(offering))
    return or_(WaitlistEntry.department_id.in_(staff.departments), anywhere)


_RULES: dict[Any, Any] = {
    Patient: _patients,
    Encounter: _encounters,
    Appointment: _appointments,
    Conversation: _conversations,
    Case: _cases,
    Correspondence: _correspondences,
    ChatGroup: _groups,
    GroupReport: _group_reports,
    Feedback: _feedback,
    WaitlistEntry: _waitlist,
    QuestionnaireResponse: _responses,
    StoredFile: _files,
}
