"""A link as a code to photograph."""

from __future__ import annotations

import segno

from web.schema import Schema


class Code(Schema):
    """A QR code as one drawing: `path` fills the dark squares of a square `size` squares wide, its quiet edge included."""

    link: str
    size: int
    path: str


def code_of(link: str) -> Code:
    rows = list(segno.make(link, micro=False, error="m").matrix_iter(border=4))
    runs = [f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark]
    return Code(link=link, size=len(rows), path="".join(runs))
