"""The application in this process, with a clinic in it."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask

import admin
from app import create_app, merged_metadata
from config import Settings
from tests.clinic import Clinic, make_clinic


@contextmanager
def application() -> Iterator[tuple[Flask, Clinic]]:
    with tempfile.TemporaryDirectory(prefix="konsulto-bench-") as folder:
        settings = Settings(
            konsulto_env="test", konsulto_data=Path(folder), async_mode="threading", log_level="ERROR",
            secret_key="s" * 40 + "0123456789", base_url="http://localhost", inline_worker=False,
            encryption_keys="test:" + base64.b64encode(b"k" * 32).decode(),
        )  # fmt: skip
        app = create_app(settings)
        house = app.extensions["house"]
        merged_metadata().create_all(house.engine)
        with app.app_context():
            admin.prepare(app.appbuilder)
        yield app, make_clinic(house.sessions)
