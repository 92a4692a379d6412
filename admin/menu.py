"""Which views the admin has, where they stand in the navigation, and which role may use which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import current_app, url_for
from flask_appbuilder import AppBuilder
from flask_babel import lazy_gettext as _l

from admin import api, login
from admin.care import (
    AbsenceView,
    AnnouncementView,
    AppointmentView,
    AvailabilityView,
    FollowUpHintView,
    PatientView,
    QuickTextView,
)
from admin.cases import CaseFieldView, CaseOutcomeView, CaseTextView, CaseTimerView
from admin.chat_groups import ChatGroupView
from admin.channels import ChannelChangeView, ChannelView, OpeningHoursView, SkillView
from admin.closed_days import ClosedDayView
from admin.contact_reports import ContactReportView
from admin.feedback import FeedbackView
from admin.generated import GeneratedView
from admin.mails import MessageTemplateSetView, MessageTemplateView, OutgoingMailView
from admin.messengers import ContactPointView, MessengerAccountView
from admin.organization import DepartmentView, OrganizationView
from admin.participants import ExternalPersonView, GroupView
from admin.payments import PaymentView
from admin.people import PractitionerRoleView, PractitionerView
from admin.questionnaires import QuestionnaireItemView, QuestionnaireView
from admin.reports import ReportView
from admin.safety import ApiKeyView, AuditEventView, JobView
from admin.texts import TextTemplateView
from admin.visit_types import VisitTypeView
from admin.waitlist import WaitlistView
from admin.widgets import WidgetFieldView, WidgetView
from telehealth.organization import Organization
from web.house import current_staff, session

GROUPS: tuple[tuple[Any, tuple[type[GeneratedView], ...]], ...] = (
    (_l("Organisation"), (OrganizationView, DepartmentView, PractitionerView, ClosedDayView)),
    (_l("Chat"), (ChannelView, SkillView, CaseTimerView, CaseFieldView, CaseOutcomeView, CaseTextView, MessengerAccountView)),
    (_l("What patients see"), (WidgetView, QuestionnaireView, MessageTemplateSetView, TextTemplateView, AnnouncementView, QuickTextView, FollowUpHintView)),
    (_l("Care"), (PatientView, AppointmentView, WaitlistView, AvailabilityView, AbsenceView, VisitTypeView, PaymentView, FeedbackView, GroupView, ExternalPersonView, ContactPointView, ChatGroupView)),
    (_l("Safety"), (OutgoingMailView, ApiKeyView, AuditEventView, JobView)),
)
CHAT, CARE = 1, 3  # among the groups
ON_PAGES_OF_OTHERS = (PractitionerRoleView, OpeningHoursView, ChannelChangeView, MessageTemplateView, WidgetFieldView, QuestionnaireItemView)
VIEWS = (*(view for _group, views in GROUPS for view in views), *ON_PAGES_OF_OTHERS)

# Patterns are matched from the start only, so each is anchored at both ends.
ANYTHING = "^.*$"
EVERYBODY = [["^ProfileView$", "^can_(profile|password)$"]]


def _whole(*views: type[GeneratedView]) -> str:
    """These views and their APIs."""
    names = "|".join(view.__name__.removesuffix("View") for view in views)
    return f"^({names})(View|Api)$"


OF_DEPARTMENTS = (
    AnnouncementView, QuickTextView, FollowUpHintView, AvailabilityView, AbsenceView, AppointmentView, PatientView, FeedbackView,
    WaitlistView, GroupView, ExternalPersonView,
)  # fmt: skip
DEPARTMENT_ADMINISTRATOR = [
    *EVERYBODY, [_whole(*OF_DEPARTMENTS), ANYTHING],
    ["^DepartmentView$", "^can_(list|show|edit|export)$"],
    ["^DepartmentApi$", "^can_(get|put|info)$"],
    ["^SpecificationApi$", "^can_get$"],
    ["^ReportView$", "^can_list$"],
]  # fmt: skip
PRACTITIONER = [*EVERYBODY, ["^FeedbackView$", "^can_(list|show|export)$"]]
ORGANIZATION_ADMINISTRATOR = [
    *EVERYBODY,
    [_whole(*(view for view in VIEWS if view is not OrganizationView)), ANYTHING],
    ["^OrganizationView$", "^can_(list|show|edit|export)$"],
    ["^OrganizationApi$", "^can_(get|put|info)$"],
    ["^SpecificationApi$", "^can_get$"],
    ["^(Contact)?ReportView$", "^can_list$"],
]
OPERATOR = [*EVERYBODY, [_whole(OrganizationView, JobView), ANYTHING], ["^SpecificationApi$", "^can_get$"]]


@dataclass(frozen=True)
class Item:
    label: Any
    icon: str
    url: str
    view: str


def items() -> list[tuple[Any, list[Item]]]:
    """The navigation of the one who asks."""
    known = {type(view): view for view in current_app.appbuilder.baseviews if isinstance(view, GeneratedView)}
    off = () if _has("chat_groups") else (ChatGroupView,)
    groups = [(label, [_item(known[kind]) for kind in kinds if kind not in off and known[kind].may("list")]) for label, kinds in GROUPS]
    if current_app.appbuilder.sm.has_access("can_list", ReportView.__name__):
        groups[CHAT][1].extend(_of_contacts())
        groups[CARE][1].append(Item(_l("Reports"), ReportView.icon, url_for("ReportView.list"), ReportView.__name__))
    if groups[CHAT][1] and not _has("chat"):
        groups[CHAT] = (groups[CHAT][0], [_switch_on()])
    return [(label, found) for label, found in groups if found]


def _of_contacts() -> list[Item]:
    if not current_app.appbuilder.sm.has_access("can_list", ContactReportView.__name__):
        return []
    return [Item(_l("Analysis of contacts"), ContactReportView.icon, url_for("ContactReportView.list"), ContactReportView.__name__)]


def _has(extra: str) -> bool:
    """Whether the organisation has switched an extra on; the server's operator sees everything."""
    staff = current_staff()
    return staff is None or bool(getattr(session().get_one(Organization, staff.organization_id), extra))


def _switch_on() -> Item:
    """What belongs to chat is out of the way until an administrator wants the extra (S000-2)."""
    staff = current_staff()
    return Item(_l("Switch chat on"), "chat", url_for("OrganizationView.edit", pk=staff.organization_id if staff else 0), "")


def _item(view: GeneratedView) -> Item:
    if type(view) is OrganizationView and (staff := current_staff()) is not None:
        return Item(view.named.one, "settings", view.url("show", pk=staff.organization_id), type(view).__name__)
    return Item(view.named.many, view.icon, view.home(), type(view).__name__)


def build(builder: AppBuilder) -> None:
    """Add every view and its API."""
    for view in (*VIEWS, ReportView, ContactReportView, login.PasswordView, login.ProfileView):
        builder.add_view_no_menu(view)
    for view in VIEWS:
        builder.add_api(api.api_of(view))
    builder.add_api(api.SpecificationApi)
