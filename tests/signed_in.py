"""Somebody of the demo clinic who has signed in to a server of its own."""

from __future__ import annotations

import http.client
import json
import re
from urllib.parse import urlencode

from demo import PASSWORD
from tests.conftest import csrf_of


class Staff:
    """Somebody of the clinic, signed in."""

    def __init__(self, port: int, email: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.cookie = ""
        self.csrf = csrf_of(self._ask("GET", "/admin/login/", {}))
        self.post("/admin/login/", username=email, password=PASSWORD)

    def post(self, path: str, **form: str) -> str:
        """Send a form; gives the answer's text."""
        body = urlencode(form | {"csrf_token": self.csrf})
        return self._ask("POST", path, {"Content-Type": "application/x-www-form-urlencoded"}, body)

    def desk_token(self) -> str:
        """What opens a live connection."""
        headers = {"Content-Type": "application/json", "X-CSRFToken": self.csrf}
        return str(json.loads(self._ask("POST", "/desk/token", headers, "{}"))["token"])

    def _ask(self, method: str, path: str, headers: dict[str, str], body: str | None = None) -> str:
        self.connection.request(method, path, body, headers | {"Cookie": self.cookie})
        answer = self.connection.getresponse()
        text = answer.read().decode()
        assert answer.status < 400, (path, answer.status)
        if found := re.search(r"konsulto_staff=[^;]+", answer.getheader("Set-Cookie") or ""):
            self.cookie = found.group()
        return text
