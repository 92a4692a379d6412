"""What a file really is: disguises, bombs and hidden passengers are found, pictures keep nothing but the picture."""

from __future__ import annotations

import contextlib
import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image

from integrations import files
from integrations.files import KindNotAllowed, NotWhatItSays, PictureTooLarge, UnreadablePicture, inspect, safe_name
from tests.files import PDF, picture

MOST = 1_000_000  # pixels
PAGE = b"<!doctype html><html><script>alert(1)</script></html>"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    ("name", "data", "media_type"),
    [
        ("letter.pdf", PDF, "application/pdf"), ("photo.jpg", picture("JPEG"), "image/jpeg"), ("photo.JPEG", picture("JPEG"), "image/jpeg"),
        ("drawing.png", picture("PNG"), "image/png"), ("drawing.webp", picture("WEBP"), "image/webp"),
    ],
)  # fmt: skip
def test_what_is_what_it_says_is_taken(name: str, data: bytes, media_type: str) -> None:
    assert inspect(name, data, MOST).media_type == media_type


@pytest.mark.parametrize("name", ["picture.svg", "page.html", "tool.exe", "letter.docx", "archive.zip", "photo.gif", "letter", "letter.pdf.js", ".htaccess"])
def test_other_kinds_are_not_taken_whatever_is_in_them(name: str) -> None:
    with pytest.raises(KindNotAllowed):
        inspect(name, PDF, MOST)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("photo.png", PAGE), ("photo.png", SVG), ("photo.jpg", picture("PNG")), ("photo.webp", picture("JPEG")), ("photo.png", picture("GIF")),
        ("letter.pdf", PAGE), ("letter.pdf", picture("PNG")), ("photo.png", PDF), ("letter.pdf", PAGE + PDF), ("letter.pdf", b"%PDF-1.7 and no end"),
        ("letter.pdf", b"MZ" + bytes(60) + PDF), ("photo.png", b"\0" * 100), ("photo.jpg", b"x"),
    ],
)  # fmt: skip
def test_a_disguise_is_seen_through(name: str, data: bytes) -> None:
    with pytest.raises((NotWhatItSays, UnreadablePicture)):
        inspect(name, data, MOST)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_second_file_in_the_tail_of_a_picture_does_not_come_along(kind: str) -> None:
    kept = inspect(f"photo.{kind.lower()}", picture(kind) + PAGE + b"PK\x03\x04archive", MOST).data
    assert b"script" not in kept and b"PK\x03\x04" not in kept
    assert Image.open(BytesIO(kept)).size == (24, 16)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_where_and_with_what_a_photo_was_taken_is_not_kept(kind: str) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Maker of cameras"
    exif.get_ifd(0x8825)[2] = (52.0, 22.0, 12.0)
    sent = picture(kind, exif=exif)
    assert b"Maker of cameras" in sent
    kept = inspect(f"photo.{kind.lower()}", sent, MOST).data
    assert b"Maker of cameras" not in kept and not dict(Image.open(BytesIO(kept)).getexif())


def test_words_in_a_picture_are_not_kept() -> None:
    from PIL.PngImagePlugin import PngInfo

    words = PngInfo()
    words.add_text("Comment", PAGE.decode())
    assert b"script" not in inspect("photo.png", picture(pnginfo=words), MOST).data


def test_a_photo_that_lies_on_its_side_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    kept = Image.open(BytesIO(inspect("photo.jpg", picture("JPEG", exif=exif), MOST).data))
    assert kept.size == (16, 24)


def test_what_can_be_seen_through_stays_so() -> None:
    kept = Image.open(BytesIO(inspect("drawing.png", picture(mode="RGBA"), MOST).data))
    assert kept.mode == "RGBA" and kept.getpixel((0, 0)) == (0, 0, 0, 0)


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few hundred bytes that would be drawn on a huge canvas."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 4096)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("edge", [1_001, 20_000, 60_000])
def test_a_picture_that_would_fill_the_memory_is_not_drawn(edge: int) -> None:
    with pytest.raises(PictureTooLarge):
        inspect("photo.png", bomb(edge, edge), MOST)


def test_a_picture_that_is_cut_off_cannot_be_read() -> None:
    whole = picture("JPEG", size=(200, 200))
    with pytest.raises(UnreadablePicture):
        inspect("photo.jpg", whole[: len(whole) // 2], MOST)


@pytest.mark.parametrize("place", range(0, 500, 37))
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_damaged_picture_is_refused_or_drawn_but_never_fails(kind: str, place: int) -> None:
    data = bytearray(picture(kind, size=(64, 64)))
    data[place % len(data)] ^= 0xFF
    with contextlib.suppress(files.FileProblem):
        assert inspect(f"photo.{kind.lower()}", bytes(data), MOST).data


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("letter.pdf", "letter.pdf"), ("../../etc/passwd.pdf", "passwd.pdf"), ("C:\\Users\\me\\Photo.JPG", "Photo.jpg"),
        ("in\r\nvoice\x00.pdf", "invoice.pdf"), ("letter\u202efdp.exe.pdf", "letterfdp.exe.pdf"), (' "quoted" <b>.pdf', "quoted b.pdf"),
        ("Befund für Zoë.pdf", "Befund für Zoë.pdf"), ("תוצאות.pdf", "תוצאות.pdf"), (".pdf", "file.pdf"), ("a" * 300 + ".pdf", "a" * 110 + ".pdf"),
    ],
)  # fmt: skip
def test_a_name_neither_leads_away_nor_deceives(given: str, kept: str) -> None:
    assert safe_name(given) == kept
