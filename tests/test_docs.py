"""The documents are true: their commands, settings, links and paths exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

from config import Settings
from tests.server import ROOT

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def blocks(document: Path) -> list[str]:
    return re.findall(r"```sh\n(.*?)```", document.read_text(), re.DOTALL)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_make_command_is_there(document: Path) -> None:
    named = {target for block in blocks(document) for target in re.findall(r"\bmake ([a-z-]+)", block)}
    assert named <= TARGETS


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_flask_command_is_there(document: Path, app: Flask) -> None:
    named = re.findall(r"flask --app app ([a-z-]+)(?: ([a-z]+))?", document.read_text())
    for command, part in named:
        assert command in app.cli.commands, command
        inside = getattr(app.cli.commands[command], "commands", None)
        assert inside is None or part in inside, f"{command} {part}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", document.read_text())
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_every_setting_of_the_operators_guide_is_one() -> None:
    named = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)(?:=[^`]*)?`", (ROOT / "docs" / "operate.md").read_text()))
    assert named - {"KONSULTO_ENV"} <= {name.upper() for name in Settings.model_fields}


def test_every_place_and_proof_of_a_requirement_exists() -> None:
    rows = (ROOT / "docs" / "requirements-status.md").read_text()
    named = set(re.findall(r"`([a-z][\w./-]+)`", rows))
    assert sorted(path for path in named if not (ROOT / path).exists()) == []


def test_every_dependency_says_what_it_is_for() -> None:
    told = (ROOT / "docs" / "dependencies.md").read_text()
    listed = re.search(r"^dependencies = \[(.*?)^\]", (ROOT / "pyproject.toml").read_text(), re.DOTALL | re.MULTILINE)
    assert listed
    names = re.findall(r'"([a-z0-9-]+)', listed.group(1))
    assert [name for name in names if name not in told] == []
