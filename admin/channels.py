"""Chat channels with their opening hours."""

from __future__ import annotations

from typing import Any

from flask import flash
from flask_appbuilder.actions import action
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from admin import recurrence
from admin.forms import RowForm
from admin.generated import GeneratedView
from admin.rows import Rows
from telehealth.channel import Channel, ChannelChanged, ChannelSwitch
from telehealth.event import record
from telehealth.feed import FeedName, advance
from telehealth.opening_hours import OpeningHours


def tell(session: Any, channel: Channel) -> None:
    """Every desk and widget that shows the channel shows it as it is now."""
    session.flush()
    record(session, ChannelChanged(channel.organization_id, channel.id, advance(session, FeedName.INBOX)))


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


class ChannelView(GeneratedView):
    datamodel = Rows(Channel)
    route_base, icon = "/channels", "chat"
    list_columns = ["name", "department", "switch", "internal", "position"]
    form_columns = [
        "name", "description", "department", "switch", "congested", "internal", "after_visits", "takes_files", "notice", "closed_text", "position",
    ]  # fmt: skip
    base_order = ("position", "asc")
    children = (OpeningHoursView,)
    when_empty = {"department": _l("All")}

    def after(self, form: RowForm, row: Any, new: bool) -> None:
        tell(self.session, row)

    def fits(self, name: str, row: Any) -> bool:
        return {"open_now": ChannelSwitch.OPEN, "close_now": ChannelSwitch.CLOSED, "by_hours": ChannelSwitch.BY_HOURS}.get(name) is not row.switch

    def _turn(self, rows: list[Any], switch: ChannelSwitch, said: str) -> None:
        for row in rows:
            row.switch = switch
            tell(self.session, row)
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
