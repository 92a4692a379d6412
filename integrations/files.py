"""What a file really is: its name, its first bytes and, for a picture, whether it can be drawn all have to agree.

Pictures are drawn anew, so that nothing but the picture is kept: no place where it was taken, no second file in its tail.
PDF is kept as it is and only ever downloaded. Everything else is refused.
"""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Annotated, Any

from flask import request
from flask_babel import gettext as _
from pydantic import StringConstraints
from sqlalchemy.orm import sessionmaker

from config import Settings
from integrations import scanner
from telehealth import attachment
from telehealth.database import Session
from telehealth.file import LONGEST_NAME, Content, FileState
from telehealth.job import Job, NoLongerWanted
from telehealth.organization import Organization
from web import limits
from web.errors import Refusal
from web.house import house, session
from web.schema import ClientId, Schema

log = logging.getLogger(__name__)
PDF = "application/pdf"
PICTURES = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
KINDS = {"pdf": PDF, "jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
ACCEPT = ",".join(f".{extension}" for extension in KINDS)  # for the browser's dialog
HEAD = 8192  # bytes that say what it is
QUALITY = 90  # of a JPEG or WebP that is drawn anew
WITH_ALPHA = {"PNG", "WEBP"}


class NewFile(Schema):
    """What comes with a file's bytes: the name it has on the sender's device."""

    client_id: ClientId
    name: Annotated[str, StringConstraints(min_length=1, max_length=255)]


class FileProblem(Exception):
    """A file that is not taken; `code` says why."""

    code = "unreadable_file"


class KindNotAllowed(FileProblem):
    """Its name ends in something that is not taken."""

    code = "file_kind"


class NotWhatItSays(FileProblem):
    """Its bytes are something else than its name says."""

    code = "file_disguised"


class UnreadablePicture(FileProblem):
    """It cannot be drawn."""

    code = "picture_unreadable"


class PictureTooLarge(FileProblem):
    """It has more points than is good for a server."""

    code = "picture_too_large"


def safe_name(name: str) -> str:
    """The last part of a path, without anything that deceives or breaks: no control signs, none that turn the direction."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    plain = "".join(sign for sign in last if unicodedata.category(sign)[0] != "C" and sign not in '<>:"|?*')
    stem, dot, extension = " ".join(plain.split()).rpartition(".")
    return f"{stem.strip(' .')[: LONGEST_NAME - 10] or 'file'}{dot}{extension.lower()}"


def inspect(name: str, data: bytes, most_pixels: int) -> Content:
    """The file as it is kept. Raises FileProblem."""
    named = safe_name(name)
    media_type = KINDS.get(named.rpartition(".")[2] if "." in named else "")
    if media_type is None:
        raise KindNotAllowed
    if media_type not in _media_types(data):
        raise NotWhatItSays
    if media_type == PDF:
        return Content(named, PDF, _require_pdf(data))
    return Content(named, media_type, drawn_anew(data, PICTURES[media_type], most_pixels))


def _media_types(data: bytes) -> set[str]:
    """What the bytes may be."""
    import puremagic

    try:
        return {match.mime_type for match in puremagic.magic_string(data[:HEAD])}
    except (puremagic.PureError, ValueError):
        return set()


def _require_pdf(data: bytes) -> bytes:
    """Nothing stands before it; readers forgive that, and so do those who hide one file in another."""
    if not data.startswith(b"%PDF-") or b"%%EOF" not in data[-2048:]:
        raise NotWhatItSays
    return data


def drawn_anew(data: bytes, kind: str, most_pixels: int) -> bytes:
    """The same picture, upright, and nothing else. Raises UnreadablePicture, PictureTooLarge."""
    from PIL import Image, ImageOps

    try:
        Image.MAX_IMAGE_PIXELS = None  # it would only warn; the next lines refuse
        picture = Image.open(BytesIO(data), formats=(kind,))
        if picture.width * picture.height > most_pixels:
            raise PictureTooLarge
        picture.load()
        ImageOps.exif_transpose(picture, in_place=True)
        plain = picture.convert("RGBA" if kind in WITH_ALPHA and picture.has_transparency_data else "RGB")
        plain.info.clear()  # texts, profiles and everything else that came along
        made = BytesIO()
        plain.save(made, kind, quality=QUALITY)
    except (OSError, ValueError, SyntaxError, IndexError, TypeError, ZeroDivisionError, OverflowError, EOFError) as error:
        raise UnreadablePicture from error
    return made.getvalue()


def receive(about: NewFile, who: str) -> Content:
    """The file that a request brings, looked at and looked through. Raises Refusal.

    `who` sends it: so many an hour. The session gives its connection back meanwhile; read rows again afterwards.
    """
    limits.hit("file", who)
    most = min(attachment.largest(session()), house().settings.largest_file_bytes)
    session().commit()  # a slow network must not keep a connection to the database
    if (request.content_length or 0) > most:
        raise too_large(most)
    data = request.get_data(cache=False)
    if len(data) > most:
        raise too_large(most)
    if not data:
        raise Refusal("file_empty", 422, _("This file is empty."))
    try:
        content = house().run_blocking(inspect, about.name, data, house().settings.largest_picture_pixels)
    except FileProblem as problem:
        raise refusal_of(problem) from problem
    return _looked_through(content)


def _looked_through(content: Content) -> Content:
    address = house().settings.clamd
    if not address:
        return content
    try:
        found = scanner.finds(address, content.data)
    except scanner.ScannerUnreachable as error:
        log.warning("clamd: %s", error)
        return Content(content.name, content.media_type, content.data, FileState.QUARANTINED)
    if found:
        log.warning("clamd found %s in a file that was sent", found)
        raise Refusal("file_infected", 422, _("There is a virus in this file. It was not kept. Tell whoever gave it to you."))
    return content


def too_large(most: int) -> Refusal:
    return Refusal("file_too_large", 413, _("This file is too large. It may have up to %(most)s MB.", most=most // 1_000_000))


def kinds_in_words() -> str:
    return str(_("PDF, JPEG, PNG and WebP"))


def refusal_of(problem: FileProblem) -> Refusal:
    """Why a file is not taken, in words."""
    words: dict[str, Callable[[], Any]] = {
        KindNotAllowed.code: lambda: _("Files of this kind are not taken. These are: %(kinds)s.", kinds=kinds_in_words()),
        NotWhatItSays.code: lambda: _("This file is something else than its name says, or it is damaged. Save it anew and try again."),
        UnreadablePicture.code: lambda: _("This picture cannot be read. Open it on your device, save it anew and try again."),
        PictureTooLarge.code: lambda: _("This picture has too many points. Make it smaller and try again."),
    }
    return Refusal(problem.code, 422, words[problem.code]())


def scan_again(sessions: sessionmaker[Session], settings: Settings, job: Job) -> None:
    """Look through a file for which the daemon was not there. Raises NoLongerWanted, ScannerUnreachable."""
    with sessions(organization=job.organization_id) as opened:
        file = attachment.waiting_for_scan(opened, job.payload["file"])
        if file is None:
            raise NoLongerWanted("looked through, or gone")
        data = file.content()
    bad = bool(scanner.finds(settings.clamd, data)) if settings.clamd else False
    with sessions(organization=job.organization_id) as opened, opened.begin():
        file = attachment.waiting_for_scan(opened, job.payload["file"])
        if file is not None:
            attachment.settle(opened, file, bad=bad)


@dataclass(frozen=True)
class Adding:
    """What a page has to know to let somebody add files: where they go, and what is taken."""

    address: str
    largest: int  # bytes
    most: int
    accept: str = ACCEPT

    @property
    def megabytes(self) -> int:
        return self.largest // 1_000_000

    @property
    def kinds(self) -> str:
        return kinds_in_words()


def adding(address: str) -> Adding:
    own = session().get_one(Organization, session().organization_id)
    return Adding(address, min(attachment.largest(session()), house().settings.largest_file_bytes), own.files_an_appointment)
