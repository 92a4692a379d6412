#!/usr/bin/env python3
"""The texts of the plugin for translators, and their translations for WordPress.

    messages.py extract [FOLDER]    writes konsulto-widgets.pot from the PHP, the JavaScript and block.json
    messages.py compile [FOLDER]    makes .mo (for PHP) and .json (for the block editor) from every *.po

FOLDER is the plugin's languages folder when left out. Needs the gettext tools (xgettext, msgfmt, msgmerge, msgcat).
"""

from __future__ import annotations

import argparse
import json
import re
import struct
import subprocess
import tempfile
from pathlib import Path

DOMAIN = "konsulto-widgets"
EDITOR_SCRIPT = "konsulto-widgets-editor"
PLUGIN = Path(__file__).resolve().parent / DOMAIN
LANGUAGES = PLUGIN / "languages"
FUNCTIONS = {
    "PHP": ["__", "_x:1,2c", "_n:1,2", "esc_html__", "esc_attr__", "esc_html_x:1,2c", "esc_attr_x:1,2c"],
    "JavaScript": ["__", "_x:1,2c", "_n:1,2"],
}
HEADER = """# Texts of Konsulto Widgets.
# This file is distributed under GPL-2.0-or-later.
msgid ""
msgstr ""
"Project-Id-Version: Konsulto Widgets\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=INTEGER; plural=EXPRESSION;\\n"
"""


def run(*command: str | Path, cwd: Path = PLUGIN) -> str:
    """Run a gettext tool and return what it printed."""
    return subprocess.run([str(part) for part in command], cwd=cwd, check=True, capture_output=True, text=True).stdout


def source_files(suffix: str) -> list[str]:
    """All source files with this suffix, as paths inside the plugin."""
    return sorted(str(path.relative_to(PLUGIN)) for path in PLUGIN.rglob(f"*{suffix}"))


def texts_in(language: str, suffix: str) -> str:
    """The messages of all sources in one programming language."""
    keywords = [f"--keyword={function}" for function in FUNCTIONS[language]]
    found = run(
        "xgettext", f"--language={language}", "--keyword", *keywords, "--from-code=UTF-8", "--add-comments=translators",
        "--no-wrap", "--add-location=file", "--output=-", *source_files(suffix),
    )  # fmt: skip
    return found.replace("charset=CHARSET", "charset=UTF-8")


def quoted(text: str) -> str:
    """A text as it stands in a catalogue."""
    return json.dumps(text, ensure_ascii=False)


def entry(text: str, source: str, context: str | None = None) -> str:
    """A catalogue of one untranslated message."""
    lines = [f"#: {source}", f"msgctxt {quoted(context)}" if context else "", f"msgid {quoted(text)}", 'msgstr ""']
    return "\n".join([HEADER, *(line for line in lines if line), ""])


def texts_in_block(path: Path) -> list[str]:
    """The messages of a block.json, under the contexts that WordPress looks them up with."""
    block, source = json.loads(path.read_text()), str(path.relative_to(PLUGIN))
    named = [entry(block[field], source, f"block {field}") for field in ("title", "description")]
    return named + [entry(word, source, "block keyword") for word in block["keywords"]]


def texts_in_plugin_header() -> list[str]:
    """Name and description as the list of plugins shows them."""
    source = f"{DOMAIN}.php"
    header = (PLUGIN / source).read_text()
    found = (re.search(rf"^ \* {field}:\s+(.+)$", header, re.MULTILINE) for field in ("Plugin Name", "Description"))
    return [entry(match[1], source) for match in found if match]


def template() -> str:
    """The whole catalogue of untranslated messages."""
    blocks = [text for path in sorted(PLUGIN.glob("blocks/*/block.json")) for text in texts_in_block(path)]
    parts = [HEADER, *texts_in_plugin_header(), texts_in("PHP", ".php"), texts_in("JavaScript", ".js"), *blocks]
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, f"{number}.pot") for number in range(len(parts))]
        for file, part in zip(files, parts, strict=True):
            file.write_text(part)
        return run("msgcat", "--use-first", "--no-wrap", "--add-location=file", *files)


def extract(folder: Path) -> None:
    """Write the catalogue that translators start from."""
    (folder / f"{DOMAIN}.pot").write_text(template())


def messages_of(binary: Path) -> dict[str, str]:
    """The translations in a .mo file."""
    data = binary.read_bytes()
    _, _, count, originals, translations = struct.unpack_from("<5I", data)

    def text(table: int, number: int) -> str:
        length, start = struct.unpack_from("<2I", data, table + 8 * number)
        return data[start : start + length].decode()

    return {text(originals, number): text(translations, number) for number in range(count)}


def editor_catalogue(catalogue: Path, locale: str) -> dict[str, object]:
    """The messages of the block editor's script in the form that WordPress's JavaScript reads."""
    with tempfile.TemporaryDirectory() as folder:
        used, chosen, binary = (Path(folder, name) for name in ("used.pot", "chosen.po", "chosen.mo"))
        used.write_text(texts_in("JavaScript", ".js"))
        run("msgmerge", "--quiet", "--no-fuzzy-matching", "-o", chosen, catalogue, used)
        run("msgfmt", "-o", binary, chosen)
        found = messages_of(binary)
    plural = re.search(r"Plural-Forms: (.+)", found.pop("", ""))
    about = {"domain": DOMAIN, "lang": locale, "plural-forms": plural[1] if plural else "nplurals=2; plural=(n != 1);"}
    return {
        "domain": DOMAIN,
        "locale_data": {DOMAIN: {"": about} | {key.split("\0")[0]: text.split("\0") for key, text in found.items()}},
    }


def compile_one(catalogue: Path) -> None:
    """Make what WordPress reads from one translation."""
    locale = catalogue.stem.removeprefix(f"{DOMAIN}-")
    run("msgfmt", "--check-format", "-o", catalogue.with_suffix(".mo"), catalogue)
    script = catalogue.with_name(f"{catalogue.stem}-{EDITOR_SCRIPT}.json")
    script.write_text(json.dumps(editor_catalogue(catalogue, locale), ensure_ascii=False))


def compile_all(folder: Path) -> None:
    """Compile every translation of a folder."""
    for catalogue in sorted(folder.glob(f"{DOMAIN}-*.po")):
        compile_one(catalogue)


def main() -> None:
    """Do what was asked on the command line."""
    commands = {"extract": extract, "compile": compile_all}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=commands)
    parser.add_argument("folder", nargs="?", type=Path, default=LANGUAGES)
    asked = parser.parse_args()
    commands[asked.command](asked.folder.resolve())


if __name__ == "__main__":
    main()
