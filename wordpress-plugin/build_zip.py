#!/usr/bin/env python3
"""Makes the zip file that a site owner installs under Plugins > Add New > Upload Plugin.

    build_zip.py [FOLDER]    writes FOLDER/konsulto-widgets-VERSION.zip (default: dist beside this file)

The same sources give the same bytes. Needs the gettext tools.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

import messages

WRITTEN_AT = (2026, 1, 1, 0, 0, 0)
COMPILED = shutil.ignore_patterns("*.mo", f"*-{messages.EDITOR_SCRIPT}.json")


def version() -> str:
    """The version in the plugin's header."""
    found = re.search(r"^ \* Version:\s+(\S+)$", (messages.PLUGIN / "konsulto-widgets.php").read_text(), re.MULTILINE)
    if not found:
        raise SystemExit("konsulto-widgets.php names no version")
    return found[1]


def add(archive: zipfile.ZipFile, path: Path, name: str) -> None:
    """Put one file into the archive."""
    entry = zipfile.ZipInfo(name, WRITTEN_AT)
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)


def pack(plugin: Path, target: Path) -> None:
    """Write the archive of a plugin's folder."""
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted(path for path in plugin.rglob("*") if path.is_file()):
            add(archive, path, str(path.relative_to(plugin.parent)))


def build(folder: Path) -> Path:
    """Compile the translations of a copy, write its archive and return where it is."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"konsulto-widgets-{version()}.zip"
    with tempfile.TemporaryDirectory() as beside:
        copy = shutil.copytree(messages.PLUGIN, Path(beside) / messages.DOMAIN, ignore=COMPILED)
        messages.compile_all(copy / "languages")
        pack(copy, target)
    return target


if __name__ == "__main__":
    written = build(Path(sys.argv[1]) if len(sys.argv) > 1 else messages.PLUGIN.parent / "dist")
    sys.stdout.write(f"{written}\n")
