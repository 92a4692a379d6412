"""What pages weigh and ask for stays within the budgets."""

import gzip

import pytest
from flask import Flask

from bench import slots, weights
from tests.clinic import Clinic


@pytest.mark.parametrize(
    ("kind", "budget"), [("walk_in", 25_000), ("booking", 25_000), ("chat", 40_000)], ids=str
)
def test_a_widgets_first_load_stays_light(app: Flask, clinic: Clinic, kind: str, budget: int) -> None:
    """walk_in_first_load_gzip_bytes, booking_…, chat_…"""
    client = app.test_client()
    found = weights.widget_weights(lambda url: client.get(url).data, {kind: clinic.widgets[kind]})
    assert 5_000 < found[f"{kind}_first_load_gzip_bytes"] <= budget


def test_the_loader_stays_light(app: Flask) -> None:
    """embed_js_gzip_bytes"""
    assert 500 < len(gzip.compress(app.test_client().get("/embed.js").data, 9)) <= 3_000


def test_a_months_slots_take_few_queries_however_many_people_work() -> None:
    """month_slots_queries"""
    few = {figure.name: figure.value for figure in slots.measure(practitioners=2, appointments=20)}
    many = {figure.name: figure.value for figure in slots.measure(practitioners=20, appointments=400)}
    assert few["month_slots_queries"] == many["month_slots_queries"] <= 4
