#!/usr/bin/env python3
"""Makes the zip file that a site owner installs under Plugins > Add New > Upload Plugin.

    build_zip.py [FOLDER]    writes FOLDER/konsulto-widgets-VERSION.zip (default: dist beside this file)

The same sources give the same bytes. Needs the gettext tools.
"""

from __future__ import annotations

import re
import sys
import zipfile
from pathlib import Path

import messages

WRITTEN_AT = (2026, 1, 1, 0, 0, 0)


def version() -> str:
    """The version in the plugin's header."""
    found = re.search(r"^ \* Version:\s+(\S+)$", (messages.PLUGIN / "konsulto-widgets.php").read_text(), re.MULTILINE)
    if not found:
        raise SystemExit("konsulto-widgets.php names no version")
    return found[1]


def add(archive: zipfile.ZipFile, path: Path) -> None:
    """Put one file into the archive under the plugin's folder."""
    entry = zipfile.ZipInfo(str(path.relative_to(messages.PLUGIN.parent)), WRITTEN_AT)
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)


def build(folder: Path) -> Path:
    """Compile the translations, write the archive and return where it is."""
    messages.compile_all()
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"konsulto-widgets-{version()}.zip"
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted(path for path in messages.PLUGIN.rglob("*") if path.is_file()):
            add(archive, path)
    return target


if __name__ == "__main__":
    print(build(Path(sys.argv[1]) if len(sys.argv) > 1 else messages.PLUGIN.parent / "dist"))
