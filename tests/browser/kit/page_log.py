"""What a page did that nobody looked at: its console, its errors, what it asked of others, the documents it opened."""
import re
from collections.abc import Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Error, Page, Request, Response

from tests.browser.kit.page_check import ours


def on_this_machine(url: str) -> bool:
    """Whether an address can be answered by the test's own servers."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme in ("data", "blob", "about", "chrome-error"):
        return True
    return host == "localhost" or host.endswith((".localhost", ".test")) or is_loopback(host)


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class PageLog:
    """Listens to one page; `expect` holds patterns of console errors that the test means to cause."""

    def __init__(self, page: Page, expect: Sequence[str] = ()) -> None:
        self.page, self.expect = page, expect
        self.errors: list[str] = []
        self.foreign: list[str] = []
        self.requests: list[Request] = []
        self.documents: dict[str, str] = {}
        page.on("console", self._console)
        page.on("pageerror", self._error)
        page.on("request", self._request)
        page.on("response", self._response)

    def faults(self) -> list[str]:
        """Every unexpected error and every request that left this machine."""
        found = [f"console: {text}" for text in self.errors if not self._expected(text)]
        return found + [f"asks a stranger: {url}" for url in self.foreign]

    def urls(self) -> list[str]:
        return [request.url for request in self.requests]

    def _expected(self, text: str) -> bool:
        return any(re.search(pattern, text) for pattern in self.expect)

    def _console(self, message: ConsoleMessage) -> None:
        where = message.location.get("url", "")
        if message.type == "error" and not where.endswith("/favicon.ico"):
            self.errors.append(f"{message.text} ({where})")

    def _error(self, error: Error) -> None:
        self.errors.append(f"{error.message}\n{error.stack or ''}")

    def _request(self, request: Request) -> None:
        self.requests.append(request)
        if not on_this_machine(request.url):
            self.foreign.append(request.url)

    def _response(self, response: Response) -> None:
        if response.request.resource_type == "document" and self._is_page(response):
            self._keep(response)

    def _is_page(self, response: Response) -> bool:
        """Mails follow the rules of mail programs; they are shown where a policy keeps everything from running."""
        is_mail = "sandbox" in response.headers.get("content-security-policy", "")
        return ours(response.url) and "html" in response.headers.get("content-type", "") and not is_mail

    def _keep(self, response: Response) -> None:
        try:
            self.documents[response.url] = response.text()
        except Error:
            # A redirect or a page that was left at once has no body to look at.
            return
