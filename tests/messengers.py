"""Small stand-ins of services over real HTTP, and a small IMAP server over a real socket: what they were asked is written down."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from integrations.sms import signature

TOKEN, SECRET, NUMBER = "123:token-of-the-bot", "a-secret-of-the-clinic", "1055500"
PASSWORD = "mailbox-password"


class Service(ThreadingHTTPServer):
    """`asked` has path, headers and body of each request. `answers` are given first, as (status, body); then what works."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[tuple[str, dict[str, str], Any]] = []
        self.answers: list[tuple[int, dict[str, Any]]] = []
        self.address = f"http://127.0.0.1:{self.server_port}"

    def usual(self, path: str) -> dict[str, Any]:
        number = len(self.asked)
        if path.endswith("/getMe"):
            return {"ok": True, "result": {"id": 1, "is_bot": True, "username": "clinic_bot"}}
        if "/bot" in path:
            return {"ok": True, "result": {"message_id": number, "chat": {"id": 555}}}
        if "display_phone_number" in path:
            return {"display_phone_number": "+31 6 00000000", "id": NUMBER}
        return {"messaging_product": "whatsapp", "contacts": [{"wa_id": "31612345678"}], "messages": [{"id": f"wamid.{number}"}]}

    def said(self) -> list[str]:
        """Every text that was sent."""
        bodies = [body for _path, _headers, body in self.asked if body]
        texts = [body.get("text", "") for body in bodies]
        return [text["body"] if isinstance(text, dict) else text for text in texts if text]


class _Handler(BaseHTTPRequestHandler):
    server: Service

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append((self.path, dict(self.headers), json.loads(raw) if raw else None))
        status, what = self.server.answers.pop(0) if self.server.answers else (200, self.server.usual(self.path))
        text = json.dumps(what).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_GET(self) -> None:
        self.do_POST()

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def serving(server: Any) -> Iterator[Any]:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


# Notices as the services write them


def telegram(number: int = 1, text: str = "Hello", *, chat: str = "private", **more: Any) -> tuple[bytes, dict[str, str]]:
    who = {"id": 555, "is_bot": False, "first_name": "Ida", "last_name": "Rossi", "language_code": "nl"}
    message = {"message_id": number, "from": who, "chat": {"id": 555, "type": chat}, "date": 1, "text": text} | more
    body = json.dumps({"update_id": 1000 + number, "message": message}).encode()
    return body, {"X-Telegram-Bot-Api-Secret-Token": SECRET}


def whatsapp(number: str = NUMBER, **value: Any) -> tuple[bytes, dict[str, str]]:
    value = {
        "messaging_product": "whatsapp", "metadata": {"display_phone_number": "31600000000", "phone_number_id": number},
    } | value  # fmt: skip
    body = json.dumps({
        "object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [{"value": value, "field": "messages"}]}],
    }).encode()  # fmt: skip
    return body, {"X-Hub-Signature-256": "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()}


def whatsapp_text(text: str = "Hello", uid: str = "wamid.in1", sender: str = "31612345678") -> tuple[bytes, dict[str, str]]:
    return whatsapp(
        contacts=[{"profile": {"name": "Ida Rossi"}, "wa_id": sender}],
        messages=[{"from": sender, "id": uid, "timestamp": "1", "type": "text", "text": {"body": text}}],
    )


def webhook(what: dict[str, Any], at: float | None = None, secret: str = SECRET) -> tuple[bytes, dict[str, str]]:
    body, stamp = json.dumps(what).encode(), str(int(time.time() if at is None else at))
    return body, {"X-Konsulto-Timestamp": stamp, "X-Konsulto-Signature": signature(secret, stamp, body)}


# A mailbox


class Imap(socketserver.ThreadingTCPServer):
    """As much of IMAP4rev1 as a reader uses. `mails` are by number; `fetched` tells what was asked for."""

    allow_reuse_address = daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Imap)
        self.mails: dict[int, bytes] = {}
        self.validity, self.fetched = 7, []
        self.port = self.server_address[1]

    def put(self, mail: bytes) -> int:
        number = max(self.mails, default=0) + 1
        self.mails[number] = mail
        return number


class _Imap(socketserver.StreamRequestHandler):
    server: Imap

    def handle(self) -> None:
        self._say("* OK ready")
        while line := self.rfile.readline():
            tag, _, rest = line.decode().strip().partition(" ")
            word, _, given = rest.partition(" ")
            if word.upper() == "LOGOUT":
                self._say("* BYE", f"{tag} OK bye")
                return
            answer = getattr(self, f"do_{word.lower()}", None)
            self._say(f"{tag} " + (answer(given) if answer else "BAD what"))

    def _say(self, *lines: str) -> None:
        for line in lines:
            self.wfile.write(line.encode() + b"\r\n")

    def do_capability(self, given: str) -> str:
        self._say("* CAPABILITY IMAP4rev1")
        return "OK done"

    def do_login(self, given: str) -> str:
        return "OK done" if PASSWORD in given else "NO [AUTHENTICATIONFAILED] wrong password"

    def do_examine(self, given: str) -> str:
        self._say(f"* {len(self.server.mails)} EXISTS", f"* OK [UIDVALIDITY {self.server.validity}] valid")
        return "OK [READ-ONLY] done"

    def do_uid(self, given: str) -> str:
        word, _, rest = given.partition(" ")
        if word.upper() == "SEARCH":
            first = int(re.findall(r"(\d+):", rest)[0])
            numbers = [n for n in self.server.mails if n >= first] or [max(self.server.mails)] if self.server.mails else []
            self._say("* SEARCH " + " ".join(map(str, numbers)))
        else:
            number = int(rest.split()[0])
            content = self.server.mails[number]
            self.server.fetched.append(number)
            self.wfile.write(f"* 1 FETCH (UID {number} BODY[]<0> {{{len(content)}}}\r\n".encode() + content + b")\r\n")
        return "OK done"
