"""Lists as CSV files: the same rows as on the screen, and nothing in them that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterable, Iterator
from typing import Any

from flask import Response

from admin import shown, words
from telehealth import clock

RUNS = ("=", "+", "-", "@", "\t", "\r", "\n")
TURN = 200  # rows
BOM = "\ufeff"  # tells Excel that the file is UTF-8


def harmless(text: str) -> str:
    """A cell that begins like a formula gets an apostrophe before it."""
    return f"'{text}" if text.startswith(RUNS) else text


def lines(rows: Iterable[Any], model: type, columns: list[str]) -> Iterator[str]:
    """The file, line by line; others get their turn in between."""
    yield BOM + _line([str(words.label(model, name)) for name in columns])
    for number, row in enumerate(rows):
        if number % TURN == 0:
            time.sleep(0)
        yield _line([harmless(shown.text(row, name)) for name in columns])


def _line(cells: list[str]) -> str:
    page = io.StringIO()
    csv.writer(page).writerow(cells)
    return page.getvalue()


def answer(rows: Iterable[Any], model: Any, columns: list[str]) -> Response:
    name = f"{model.__tablename__}-{clock.now():%Y-%m-%d}.csv"
    return _saved(name, lines(rows, model, columns))


def file(name: str, rows: Iterable[list[str]]) -> Response:
    """A sheet that is no list of rows; the first line names the columns."""
    return _saved(name, (BOM * (number == 0) + _line([harmless(cell) for cell in row]) for number, row in enumerate(rows)))


def _saved(name: str, lines: Iterable[str]) -> Response:
    written = "".join(lines)  # while the request's session lives
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(written, content_type="text/csv; charset=utf-8", headers=headers)
