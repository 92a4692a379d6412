"""A channel's page: what patients see of it now, and who or what has turned it."""

from __future__ import annotations

import re
from collections.abc import Callable

from telehealth.channel import Channel, ChannelState
from telehealth.channel_change import ChangeRule, ChannelChange
from telehealth.organization import Organization
from tests.admin.conftest import SignedIn
from tests.clinic import Clinic


def test_a_channels_page_tells_what_patients_see_and_who_turned_it(full: Clinic, administrator: Callable[[Clinic], SignedIn]) -> None:
    text = administrator(full).get(f"/admin/channels/show/{full.channels['open']}").text
    assert "What patients see now" in text
    assert "How long it takes is not known yet." in text
    assert f"Meeting {full.mark}" in text


def test_closing_a_channel_in_the_administration_is_kept_in_its_history(full: Clinic, administrator: Callable[[Clinic], SignedIn]) -> None:
    page = administrator(full)
    page.send(f"/admin/channels/action/close_now/{full.channels['shared']}")
    text = page.get(f"/admin/channels/show/{full.channels['shared']}").text
    assert "By hand" in text
    with full.session() as session:
        assert session.get_one(Channel, full.channels["shared"]).switch == "closed"


def test_turning_a_channel_in_its_form_is_kept_in_its_history_too(full: Clinic, administrator: Callable[[Clinic], SignedIn]) -> None:
    page, channel = administrator(full), full.channels["shared"]
    form = page.get(f"/admin/channels/edit/{channel}").text
    headings = re.findall(r'<h2 class="adm-part">([^<]+)</h2>', form)
    assert headings == ["What patients see", "When it is open", "Who may start here", "Words", "Busy and empty", "Who answers"]
    body = {"name": "Shared", "switch": "closed", "busy_from": 0, "busy_minutes": 0, "empty_minutes": 5, "routing": "pick", "most_at_once": 4, "language_minutes": 3, "position": 1}
    answer = page.post(f"/admin/channels/edit/{channel}", body)
    assert answer.status_code == 302, answer.text
    with full.session() as session:
        change = session.query(ChannelChange).filter_by(channel_id=channel).one()
        assert (change.state, change.rule, change.by_id, change.reason) == (
            ChannelState.CLOSED, ChangeRule.HAND, full.people["admin"], "Changed in the administration",
        )  # fmt: skip
    page.post(f"/admin/channels/edit/{channel}", body | {"description": "For everything else"})
    with full.session() as session:
        assert session.query(ChannelChange).filter_by(channel_id=channel).count() == 1, "nothing was turned"


def test_chat_is_an_extra_whose_pages_are_out_of_the_way_until_it_is_switched_on(
    full: Clinic, administrator: Callable[[Clinic], SignedIn]
) -> None:  # fmt: skip
    page = administrator(full)
    assert "Time limits" in page.get("/admin/").text
    with full.session() as session:
        session.get_one(Organization, full.id).chat = False
    text = page.get("/admin/").text
    assert "Time limits" not in text
    assert text.count(f"/admin/organization/edit/{full.id}") >= 2  # in the menu, and among what is still to be done
    assert "until then the chat widget says that there is none" in text
