"""The guide for site owners says what is there: its snippets, attributes, calls and events."""
import re
import shutil
import subprocess
import sys

import pytest

from embed.snippet import DISPLAYS, Placement, frame_snippet, script_snippet
from telehealth import clock, identity
from telehealth.widget import Widget
from tests.embed.care import ROOT

GUIDE = (ROOT / "docs" / "embed.md").read_text(encoding="utf-8")
LOADER = (ROOT / "embed" / "static" / "embed.js").read_text(encoding="utf-8")
PLACEMENT = Placement("https://care.example", "demo-booking", "Book a time")


def squeezed(text):
    return " ".join(text.split())


@pytest.mark.parametrize("snippet", [script_snippet(PLACEMENT), frame_snippet(PLACEMENT)])
def test_the_guide_shows_the_snippets_as_they_are_made(snippet):
    assert squeezed(snippet) in squeezed(GUIDE)


def test_every_option_of_the_loader_is_in_the_guide():
    read = {name for names in re.findall(r"const \{ ([^}]+) \} = script\.dataset", LOADER) for name in re.findall(r"\w+(?=,|$| =)", names)}
    assert {f"data-{name}" for name in read} == set(re.findall(r"data-[a-z]+", GUIDE))


def test_every_display_is_in_the_guide():
    assert re.findall(r'^\| `data-display="(\w+)"` ', GUIDE, re.MULTILINE) == list(DISPLAYS)


def test_every_call_is_in_the_guide(new_page, care, clinic, tag):
    page = new_page()
    page.goto(clinic(tag(display="button", label="Ask us")))
    page.get_by_role("button", name="Ask us").wait_for()
    calls = page.evaluate("Object.keys(Konsulto)")
    assert sorted(calls) == sorted({*re.findall(r"^\| `(\w+)\(", GUIDE, re.MULTILINE), "push"})


def test_every_event_is_in_the_guide():
    scripts = [path.read_text(encoding="utf-8") for path in (ROOT / "widgets").glob("*/static/*.js")]
    scripts += [(ROOT / "embed" / "static" / name).read_text(encoding="utf-8") for name in ("frame.js", "memory.js")]
    told = set(re.findall(r'\btell\("([\w-]+)"', "".join(scripts))) | set(re.findall(r'this\.event\((?:\{ event: )?"(\w+)"', LOADER))
    rows = re.findall(r"^\| ((?:`[\w-]+`(?:, )?)+) \|", GUIDE.partition("| event |")[2], re.MULTILINE)
    assert told == {name for row in rows for name in re.findall(r"[\w-]+", row)}


RUNS = {"python": [sys.executable, "-c"], "js": ["node", "--input-type=module", "-e"], "php": ["php", "-r"]}


@pytest.mark.parametrize("language", RUNS)
def test_the_guides_programs_sign_an_identity_that_is_taken(sessions, language):
    if shutil.which(RUNS[language][0]) is None:
        pytest.skip(f"no {language} here")
    from tests.clinic import make_clinic

    clinic = make_clinic(sessions)
    with clinic.session() as session:
        widget = session.query(Widget).filter_by(key=clinic.widgets["chat"]).one()
        secret = identity.rotate(session, widget, clock.now())
        program = re.search(rf"```{language}\n(.*?)```", GUIDE.partition("## Say who is signed in")[2], re.DOTALL).group(1)
        run = subprocess.run([*RUNS[language], program.replace("<?php\n", "")], env={"CHAT_SECRET": secret, "PATH": "/usr/bin:/usr/local/bin:/bin"}, capture_output=True, text=True, check=True)
        name = identity.come(session, widget, run.stdout.strip(), clock.now())
        assert identity.claims_of(session, widget, name).name == "Åsa Öberg"
