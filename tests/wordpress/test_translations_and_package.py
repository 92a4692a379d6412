"""The catalogue for translators, what is compiled from it, and the zip file that site owners install."""

import gettext
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.wordpress.throwaway_site import PLUGIN, REPOSITORY

pytestmark = pytest.mark.wordpress
CATALOGUE = PLUGIN / "languages/konsulto-widgets.pot"
TRANSLATION = r"""msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=(n != 1);\n"

msgid "Try again"
msgstr "Provu denove"

msgid "Test connection"
msgstr "Provi la konekton"
"""


def command(name: str, *arguments: str | Path) -> None:
    """Run one of the plugin's own commands."""
    subprocess.run(
        [sys.executable, REPOSITORY / "wordpress-plugin" / name, *arguments], check=True, capture_output=True
    )


def build_zip(folder: Path) -> Path:
    """The package that site owners install."""
    command("build_zip.py", folder)
    (package,) = folder.glob("*.zip")
    return package


def test_the_catalogue_holds_the_texts_of_the_sources(tmp_path):
    command("messages.py", "extract", tmp_path)
    fresh = (tmp_path / CATALOGUE.name).read_text()
    assert CATALOGUE.read_text() == fresh, "run wordpress-plugin/messages.py extract"


def test_texts_of_php_of_the_editor_and_of_the_block_are_all_in_the_catalogue():
    catalogue = CATALOGUE.read_text()
    for text in ("Test connection", "Try again", "Always one language", "telehealth"):
        assert f'msgid "{text}"' in catalogue
    assert 'msgctxt "block title"\nmsgid "Konsulto widget"' in catalogue
    assert 'msgid_plural "Connected to %2$s, %1$s widgets."' in catalogue


def test_a_translation_is_compiled_for_php_and_for_the_editor(tmp_path):
    catalogue = tmp_path / "konsulto-widgets-eo.po"
    catalogue.write_text(TRANSLATION)
    command("messages.py", "compile", tmp_path)
    with catalogue.with_suffix(".mo").open("rb") as compiled:
        assert gettext.GNUTranslations(compiled).gettext("Test connection") == "Provi la konekton"
    editor = json.loads((tmp_path / "konsulto-widgets-eo-konsulto-widgets-editor.json").read_text())
    texts = editor["locale_data"]["konsulto-widgets"]
    assert texts["Try again"] == ["Provu denove"]
    assert "Test connection" not in texts
    assert texts[""]["plural-forms"] == "nplurals=2; plural=(n != 1);"


def test_the_zip_holds_the_plugin_in_its_folder_and_nothing_else(tmp_path):
    package = build_zip(tmp_path)
    assert package.name == "konsulto-widgets-0.1.0.zip"
    with zipfile.ZipFile(package) as packed:
        names = packed.namelist()
        assert packed.read("konsulto-widgets/konsulto-widgets.php") == (PLUGIN / "konsulto-widgets.php").read_bytes()
    assert {name.split("/")[0] for name in names} == {"konsulto-widgets"}
    assert {"konsulto-widgets/LICENSE", "konsulto-widgets/readme.txt"} <= set(names)


def test_the_same_sources_give_the_same_zip(tmp_path):
    assert build_zip(tmp_path / "a").read_bytes() == build_zip(tmp_path / "b").read_bytes()
