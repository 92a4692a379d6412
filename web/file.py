"""Handing out a file: in pieces, to be saved and never to be shown, and kept by nobody on the way."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from urllib.parse import quote

from babel.units import format_unit
from flask import Response

from telehealth.file import StoredFile, part
from web import locale
from web.house import house

# Even who opens it in the browser after all opens it where nothing runs and nothing is reached.
POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"


def size_in_words(size: int) -> str:
    """Such as 1.4 MB, as the reader's language writes it."""
    unit, amount = ("megabyte", size / 1_000_000) if size >= 1_000_000 else ("kilobyte", max(1, round(size / 1000)))
    number = round(amount, 1) if unit == "megabyte" else amount
    return str(format_unit(number, f"digital-{unit}", length="short", locale=locale.babel_locale(locale.current_tag())))


def download(file: StoredFile) -> Response:
    """The file as an answer. Raises FileNotOffered."""
    file.require_clean()
    response = Response(_parts(file.organization_id, file.id, file.chunks), mimetype=file.media_type)
    response.content_length = file.size
    response.headers["Content-Disposition"] = _attachment(file.name)
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Cache-Control"] = "no-store"
    return response


def _attachment(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().replace('"', "").replace("\\", "")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _parts(organization_id: int, file_id: int, count: int) -> Iterator[bytes]:
    """Each in a session of its own: a slow reader keeps no connection to the database."""
    sessions = house().sessions

    def one(number: int) -> bytes:
        with sessions(organization=organization_id) as session:
            return part(session, file_id, number)

    return map(one, range(count))
