"""Chat channels with their opening hours."""

from __future__ import annotations

from typing import Any

from flask import flash, g
from flask_appbuilder.actions import action
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import inspect, select

from admin import recurrence, words
from admin.forms import RowForm
from admin.generated import READ, GeneratedView
from admin.rows import Rows
from telehealth import clock, expected_wait
from telehealth.channel import Channel, ChannelState, ChannelSwitch
from telehealth.channel_change import ChannelChange
from telehealth.organization import Organization
from telehealth.opening_hours import OpeningHours
from telehealth.skill import Skill
from web.house import current_staff


def tell(session: Any, channel: Channel, **what: Any) -> None:
    """Every desk and widget that shows the channel shows it as it is now; what follows from it happens at once."""
    session.flush()
    channel.tell()
    channel.stir(clock.now(), **what)


def _by_hand() -> dict[str, Any]:
    staff = current_staff()
    return {"turned": True, "by_id": staff.practitioner_id if staff else None}


class OpeningHoursView(GeneratedView):
    datamodel = Rows(OpeningHours)
    route_base, icon, parent = "/opening-hours", "clock", "channel"
    list_columns = ["channel", "weekday", "opens_minute", "closes_minute"]
    form_columns = ["channel", "weekday", "opens_minute", "closes_minute"]
    fixed_columns = ("channel",)
    base_order = ("weekday", "asc")

    def called(self, row: Any) -> str:
        return f"{recurrence.weekdays()[row.weekday]}, {row}"

    def only(self, query: Any) -> Any:
        return query.filter(OpeningHours.channel_id.is_not(None))

    def problems(self, form: RowForm, row: Any) -> dict[str, str]:
        channel = form["channel"].data if "channel" in form._fields else row.channel
        if channel is None:
            return {"channel": _("Choose one of the list.")}
        if form["opens_minute"].data >= form["closes_minute"].data:
            return {"closes_minute": _("It must close after it opens.")}
        return {"opens_minute": _("These times overlap with others of that day.")} if self._overlaps(form, row, channel) else {}

    def _overlaps(self, form: RowForm, row: Any, channel: Channel) -> bool:
        same_day = select(OpeningHours.id).where(
            OpeningHours.channel_id == channel.id, OpeningHours.weekday == form["weekday"].data,
            OpeningHours.opens_minute < form["closes_minute"].data,
            OpeningHours.closes_minute > form["opens_minute"].data, OpeningHours.id != (row.id or 0),
        )  # fmt: skip
        return self.session.scalar(same_day) is not None

    def after(self, form: RowForm, row: Any, new: bool) -> None:
        tell(self.session, row.channel)


class ChannelChangeView(GeneratedView):
    """Nobody writes the history; it is read beside its channel."""

    datamodel = Rows(ChannelChange)
    route_base, icon, parent = "/channel-changes", "clock", "channel"
    include_route_methods = READ
    list_columns = ["at", "state", "rule", "by", "reason"]
    form_columns = ["channel", "at", "state", "rule", "by", "reason"]
    base_order = ("id", "desc")
    when_empty = {"by": _l("By itself")}

    def called(self, row: Any) -> str:
        return str(words.word(row.state))


class SkillView(GeneratedView):
    datamodel = Rows(Skill)
    route_base, icon = "/skills", "user"
    list_columns = ["name", "people"]
    form_columns = ["name", "people"]
    base_order = ("name", "asc")


class ChannelView(GeneratedView):
    datamodel = Rows(Channel)
    route_base, icon = "/channels", "chat"
    list_columns = ["name", "department", "switch", "internal", "position"]
    form_columns = [
        "name", "description", "department", "position", "switch", "congested", "internal", "after_visits", "takes_files", "notice", "closed_text", "takes_questions",
        "busy_from", "busy_minutes", "closes_when_empty", "empty_minutes", "routing", "most_at_once", "language_minutes", "skill",
    ]  # fmt: skip
    form_groups = (
        (_l("What patients see"), "name"), (_l("When it is open"), "switch"), (_l("Who may start here"), "internal"),
        (_l("Words"), "notice"), (_l("Busy and empty"), "busy_from"), (_l("Who answers"), "routing"),
    )  # fmt: skip
    base_order = ("position", "asc")
    children = (OpeningHoursView, ChannelChangeView)
    when_empty = {"department": _l("All"), "skill": _l("None")}
    only_when = {"most_at_once": ("routing", "automatic"), "language_minutes": ("routing", "automatic"), "skill": ("routing", "automatic")}

    aside = "admin/_channel_now.html"

    def beside(self, row: Any) -> dict[str, Any]:
        if row is None:
            return {}
        now, organization = clock.now(), self.session.get_one(Organization, row.organization_id)
        state = row.state(now, organization)
        closed = state is ChannelState.CLOSED
        texts = {
            ChannelState.OPEN: row.description, ChannelState.CONGESTED: row.notice or _("Busy now: an answer takes longer than usual."),
            ChannelState.CLOSED: row.closed_text or _("Closed at the moment"),
        }  # fmt: skip
        return {
            "internal": row.internal, "badge": (*words.BADGES[state], words.word(state)), "words": texts[state],
            "waiting": None if closed else expected_wait.waiting(self.session, row.id),
            "minutes": expected_wait.minutes(self.session, row.id, now), "questions": closed and row.takes_questions,
        }  # fmt: skip

    def before(self, form: RowForm, row: Any, new: bool) -> None:
        attributes = inspect(row).attrs
        g.turned = not new and (attributes.switch.history.has_changes() or attributes.congested.history.has_changes())
        if not new and attributes.switch.history.has_changes():
            row.switch_until, row.reason = None, ""

    def after(self, form: RowForm, row: Any, new: bool) -> None:
        """The history says who has turned it, as when somebody does at the desk."""
        tell(self.session, row, **(_by_hand() | {"reason": _("Changed in the administration")} if g.turned else {}))

    def fits(self, name: str, row: Any) -> bool:
        return {"open_now": ChannelSwitch.OPEN, "close_now": ChannelSwitch.CLOSED, "by_hours": ChannelSwitch.BY_HOURS}.get(name) is not row.switch

    def _turn(self, rows: list[Any], switch: ChannelSwitch, said: str) -> None:
        for row in rows:
            row.switch, row.switch_until, row.reason = switch, None, ""
            tell(self.session, row, **_by_hand())
        self.session.commit()
        flash(said, "success")

    @action("open_now", _l("Open now"), "")
    def open_now(self, rows: list[Any]) -> None:
        self._turn(rows, ChannelSwitch.OPEN, _("Open from now on, until you change it."))

    @action("by_hours", _l("Back to opening hours"), "")
    def by_hours(self, rows: list[Any]) -> None:
        self._turn(rows, ChannelSwitch.BY_HOURS, _("Open by its opening hours."))

    @action("close_now", _l("Close now"), _l("Patients cannot start new conversations there; running ones go on."))
    def close_now(self, rows: list[Any]) -> None:
        self._turn(rows, ChannelSwitch.CLOSED, _("Closed from now on, until you change it."))
