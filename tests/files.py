"""Files of every kind for tests, made here: nothing binary lies in the repository."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any
from urllib.parse import quote

from PIL import Image

from tests.clinic import client_id

PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"
EICAR = "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def picture(kind: str = "PNG", size: tuple[int, int] = (24, 16), mode: str = "RGB", **options: Any) -> bytes:
    """A picture that is drawn in one colour."""
    made = BytesIO()
    Image.new(mode, size, (200, 30, 30) if mode == "RGB" else 0).save(made, kind, **options)
    return made.getvalue()


def upload(name: str = "letter.pdf", data: bytes = PDF, client: str = "") -> dict[str, Any]:
    """How a page sends a file."""
    about = json.dumps({"client_id": client or client_id(), "name": name})
    return {"data": data, "headers": {"X-File": quote(about)}, "content_type": "application/octet-stream"}
