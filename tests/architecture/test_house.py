"""The house keeps its rules: declared addresses and events, scoped queries, texts that can be translated."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from telehealth.database import Base, Owned
from tests.server import ROOT
from web.endpoint import REGISTRY, Access
from web.sockets import LiveNamespace

ROOMS = ("admin", "desk", "embed", "integrations", "portal", "telehealth", "translate", "web", "widgets")
# Addresses that are not ours to declare: Flask's own and Flask-AppBuilder's, which its permissions guard.
FOREIGN = re.compile(r"^/(static/|admin/|favicon.ico)")
# Fields that hold words of the organisation and are deliberately the same in every language.
SAME_IN_EVERY_LANGUAGE = {
    ("channel", "reason"),
    ("organization", "slug"), ("organization", "zone"), ("organization", "currency"), ("organization", "locale"), ("organization", "brand"),
    ("organization", "phone"), ("organization", "email"), ("organization", "emergency_number"),
    ("organization", "privacy_url"), ("organization", "survey_url"), ("department", "colour"), ("widget", "key"), ("widget", "name"),
    ("widget", "theme"), ("widget", "brand"), ("widget", "identity_salt"), ("widget_field", "key"),
    ("widget", "logo_url"), ("widget", "background_url"), ("widget", "own_css"), ("announcement", "client_id"),
    *(("department", name) for name in ("page_url", "film_url", "film_still_url", "film_captions_url")),
    ("quick_text", "title"), ("quick_text", "code"),  # read by staff
    ("questionnaire_item", "key"), ("questionnaire_item", "condition_answer"),  # told apart by them, read by nobody
}  # fmt: skip
PATIENT_FACING = (
    "organization", "department", "channel", "widget", "widget_field", "announcement", "message_template",
    "follow_up_hint", "quick_text", "case_text", "case_field", "case_outcome", "questionnaire", "questionnaire_item",
)  # fmt: skip


def sources(*rooms: str) -> Iterator[tuple[Path, ast.Module]]:
    for room in rooms or ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            yield path, ast.parse(path.read_text(), str(path))


def test_every_address_is_declared_with_who_may_call_it(app: Flask) -> None:
    undeclared = [
        f"{method} {rule}"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if not FOREIGN.match(str(rule)) and (rule.endpoint, method) not in REGISTRY
    ]
    assert undeclared == []


def test_an_address_of_staff_names_its_permission(app: Flask) -> None:
    open_to_all_staff = {
        declared.rule for declared in REGISTRY.values() if declared.access is Access.STAFF and declared.permission is None
    }
    assert open_to_all_staff <= {"/desk/token", "/desk/", "/desk/brand.css"}


def test_what_is_sent_to_an_address_has_a_declared_shape(app: Flask) -> None:
    shapeless = [d.name for d in REGISTRY.values() if d.method in {"POST", "PUT", "PATCH"} and d.body is None]
    assert shapeless == []


def test_every_socket_event_is_declared(app: Flask) -> None:
    loose = [
        f"{kind.__name__}.{name}"
        for kind in LiveNamespace.everywhere
        for name in vars(kind)
        if name.startswith("on_") and not hasattr(getattr(kind, name), "event")
    ]
    assert loose == []
    assert sum(len(kind.events) for kind in LiveNamespace.everywhere) >= 10


def test_no_handler_answers_outside_the_declared_ones() -> None:
    """Flask's own decorators and Flask-SocketIO's events would pass by the declarations."""
    banned = {"route", "get", "post", "put", "patch", "delete"}
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path, tree in sources("desk", "widgets", "portal", "translate", "embed", "web")
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Attribute) and decorator.func.attr in banned
    ]  # fmt: skip
    assert found == []


def test_raw_sql_stands_nowhere() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "sqlalchemy" and any(n.name == "text" for n in node.names)
    ]
    assert found == []


def test_table_objects_are_used_only_by_prepared_statements_and_linking_tables() -> None:
    """Statements about tables pass by the organisation's scope."""
    allowed = {
        "desk/waiting_room/rows.py", "telehealth/absence.py", "telehealth/booking.py", "telehealth/closed_day.py", "telehealth/consent.py",
        "telehealth/message.py", "telehealth/database.py", "telehealth/feed.py", "telehealth/message_template.py", "telehealth/occupancy.py", "telehealth/organization.py", "telehealth/schedule.py",
        "telehealth/questionnaire.py", "telehealth/skill.py", "telehealth/chat_group.py", "telehealth/widget.py", "telehealth/participant.py",
    }  # fmt: skip
    found = {
        str(path.relative_to(ROOT))
        for path, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "__table__"
    }
    assert found <= allowed


def test_looking_across_organisations_happens_where_nobody_is_signed_in_yet() -> None:
    allowed = {
        "telehealth/database.py", "telehealth/ticket.py", "telehealth/widget.py", "telehealth/api_key.py",
        "telehealth/calendar_feed.py", "telehealth/job.py", "telehealth/messenger.py", "telehealth/payment.py", "telehealth/portal.py",
        "admin/sign_in.py",
    }  # fmt: skip
    found = {
        str(path.relative_to(ROOT)) for path, _ in sources() if "across_organizations" in path.read_text()
    }
    assert found - allowed == set()


def test_every_table_belongs_to_an_organisation_or_says_why_not() -> None:
    shared = {mapper.local_table.name for mapper in Base.registry.mappers if not issubclass(mapper.class_, Owned)}
    assert shared == {"organization", "job"}


def test_every_owned_table_has_the_key_that_keeps_links_inside() -> None:
    loose = []
    for mapper in Base.registry.mappers:
        table = mapper.local_table
        for constraint in table.foreign_key_constraints:
            target = constraint.referred_table.name
            columns = {column.name for column in constraint.columns}
            owned_target = "organization_id" in constraint.referred_table.c
            if owned_target and "organization_id" not in columns:
                loose.append(f"{table.name}.{'/'.join(columns)} → {target}")
    assert loose == []


def test_every_text_a_patient_sees_can_be_translated() -> None:
    from sqlalchemy import Enum, String, Text

    missing = []
    for mapper in Base.registry.mappers:
        name = mapper.local_table.name
        if name not in PATIENT_FACING:
            continue
        for column in mapper.columns:
            words = isinstance(column.type, (String, Text)) and not isinstance(column.type, Enum)
            translatable = column.key in mapper.class_.__translatable__
            if words and not translatable and (name, column.key) not in SAME_IN_EVERY_LANGUAGE:
                missing.append(f"{name}.{column.key}")
    assert missing == []


def test_no_words_live_in_javascript() -> None:
    """A string with a space and a capital is a sentence; those belong into templates."""
    sentence = re.compile(r"""["'`]([A-Z][a-z]+ [a-z]+[^"'`]*)["'`]""")
    found = []
    for room in ("static/js", "widgets", "desk", "embed/static", "admin/static", "portal"):
        for path in (ROOT / room).rglob("*.js"):
            code = re.sub(r"//.*|/\*.*?\*/", "", path.read_text())
            found += [f"{path.name}: {m.group(1)}" for m in sentence.finditer(code) if "Error(" not in code[max(0, m.start() - 12) : m.start()]]
    assert found == []


def test_scripts_never_write_markup() -> None:
    banned = re.compile(r"\.(innerHTML|outerHTML|insertAdjacentHTML)\b|document\.write\(|\beval\(")
    found = [
        str(path.relative_to(ROOT))
        for room in ("static", "widgets", "desk", "embed", "admin", "portal", "wordpress-plugin")
        for path in (ROOT / room).rglob("*.js")
        if banned.search(path.read_text())
    ]
    assert found == []


def test_templates_carry_no_inline_script_or_style() -> None:
    inline = re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")|<style|\sstyle=|\son[a-z]+=\"", re.IGNORECASE)
    mails = {"mail.mjml.html", "transcript.html"}  # mail programs, and a page that is saved, know nothing else
    found = [
        str(path.relative_to(ROOT))
        for room in ("web", "widgets", "desk", "embed", "admin", "portal", "translate")
        for path in (ROOT / room).rglob("*.html")
        if path.name not in mails and inline.search(path.read_text())
    ]
    assert found == []


@pytest.mark.parametrize("sheet", sorted((ROOT / "static").glob("*.css")), ids=lambda path: path.name)
def test_styles_turn_with_the_direction_of_writing(sheet: Path) -> None:
    physical = re.compile(r"[^-\w](margin|padding|border)-(left|right)\b|[;{]\s*(left|right)\s*:|text-align:\s*(left|right)")
    assert physical.findall(sheet.read_text()) == []
