"""create_app(): the only file that knows every room."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask, Response, send_from_directory
from flask.globals import app_ctx
from flask_babel import Babel
from flask_migrate import Migrate
from flask_socketio import SocketIO
from sqlalchemy import MetaData
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import scoped_session, sessionmaker
from werkzeug.middleware.proxy_fix import ProxyFix

import config
import desk
import embed
import portal
import translate
import widgets
import worker
from telehealth import clock
from telehealth.database import Base, Session, connect
from web import browser, crash, endpoint, errors, headers, health, icons, limits, locale, logs, openapi, plugin_api, websocket, weight
from web.file import size_in_words
from web.house import House
from web.neighbours import Neighbours

ROOT = Path(__file__).parent
MIGRATIONS = ROOT / "migrations"


def _run_blocking(settings: config.Settings) -> Callable[..., Any]:
    """How work that would stop the event loop (hashing) is run."""
    if settings.async_mode != "eventlet":
        return lambda function, *values: function(*values)
    from eventlet import tpool

    return tpool.execute  # type: ignore[no-any-return]


def merged_metadata() -> MetaData:
    """Domain and Flask-AppBuilder in one, so that Alembic orders tables by their keys, whoever declared them."""
    from flask_appbuilder import Model

    from admin import sign_in

    merged = MetaData(naming_convention=Base.metadata.naming_convention)
    for metadata in (Base.metadata, sign_in.SignIn.metadata, Model.metadata):
        for table in metadata.tables.values():
            if table.key not in merged.tables:
                table.to_metadata(merged)
    return merged


def create_app(settings: config.Settings | None = None, role: str = "all") -> Flask:
    """The application in one of its roles: `all`, `admin` (pages of staff) or `live` (widgets and sockets).

    Every role has every socket's namespace, for whatever happens in it is told to the pages of all.
    """
    settings = settings or config.read()
    logs.init(settings.log_level)
    clock.set_ahead(timedelta(seconds=settings.clock_ahead_seconds))
    if settings.crash_at:
        crash.arm(settings.crash_at)
    app = Flask(__name__, template_folder=str(ROOT / "web" / "templates"), static_folder=str(ROOT / "static"))
    app.config.update(
        SECRET_KEY=settings.secret_key, JWT_SECRET_KEY=settings.secret_key, MAX_CONTENT_LENGTH=settings.largest_body_bytes,
        BABEL_TRANSLATION_DIRECTORIES=str(ROOT / "translations"), SEND_FILE_MAX_AGE_DEFAULT=3600,
        TEMPLATES_AUTO_RELOAD=False, PROPAGATE_EXCEPTIONS=False,
    )  # fmt: skip
    app.json.sort_keys = False  # type: ignore[attr-defined]  # what is asked first is refused first
    app.jinja_env.add_extension("jinja2.ext.i18n")
    house = _house(app, settings)
    if settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.trusted_proxies, x_proto=settings.trusted_proxies)  # type: ignore[method-assign]
    _open_doors(app, house)
    _open_rooms(app, house, role)
    app.extensions["start"] = lambda: _start(app, house)
    _add_commands(app)
    return app


def _start(app: Flask, house: House) -> None:
    """What runs beside the requests of a server."""
    house.neighbours.start()
    if house.settings.inline_worker:
        worker.start(app, house)


def _house(app: Flask, settings: config.Settings) -> House:
    engine = connect(settings.database_url, **({} if settings.database_url.startswith("sqlite") else {"pool_size": 20}))
    sessions = sessionmaker(engine, class_=Session, keyring=settings.keyring)
    of_request = scoped_session(sessions, scopefunc=lambda: id(app_ctx._get_current_object()))  # type: ignore[attr-defined]
    house = House(
        settings, engine, sessions, of_request, settings.keyring, _run_blocking(settings), Neighbours(settings.redis_url),
        partial(locale.in_language, app),
    )  # fmt: skip
    house.ready_checks = {
        "database": lambda: engine.connect().close() is None,
        "migrations": lambda: not pending_migrations(house),
    }
    app.extensions["house"] = house
    app.teardown_appcontext(lambda _: of_request.remove())
    return house


def _open_doors(app: Flask, house: House) -> None:
    """What every room relies on."""
    Migrate(directory=str(MIGRATIONS)).init_app(app)
    errors.init_app(app)
    weight.init_app(app)
    headers.init_app(app)
    limits.init_app(app, house.settings)
    endpoint.init_app(app)
    icons.register(app)
    for blueprint in (health.health, openapi.openapi, plugin_api.plugin_api):
        app.register_blueprint(blueprint)
    app.add_url_rule("/static/vendor/<path:name>", "vendor", _vendor)
    app.add_url_rule("/favicon.ico", "favicon", lambda: send_from_directory(ROOT / "static", "favicon.svg", max_age=86400))


VENDORS = {"event-calendar.min.js": "@event-calendar/build/dist", "event-calendar.min.css": "@event-calendar/build/dist"}


def _vendor(name: str) -> Response:
    """The libraries that pages load; npm brings them at set-up."""
    return send_from_directory(ROOT / "node_modules" / VENDORS.get(name, "socket.io-client/dist"), name, max_age=86400)


def _open_rooms(app: Flask, house: House, role: str) -> None:
    sockets = _sockets(app, house, role)
    if role in {"all", "admin"}:
        import admin

        with app.app_context():
            admin.init_app(app, house)
        app.extensions["babel"].locale_selector = locale.selector
    else:
        Babel(app, locale_selector=locale.selector)
        from admin import sign_in

        house.staff_session_lives = sign_in.session_lives  # of people whose pages another process serves
    app.jinja_env.globals |= {
        "locale_tag": locale.current_tag, "direction": locale.direction, "plural_samples": locale.plural_samples,
        "browser_family": browser.family, "file_size": size_in_words,
    }  # fmt: skip
    rooms: tuple[Any, ...] = (desk, translate, portal, embed, widgets)
    for room in rooms:
        room.init_app(app, house)
    _exempt_bearers(app)
    app.extensions["socketio"] = sockets


def _sockets(app: Flask, house: House, role: str) -> SocketIO:
    settings = house.settings
    sockets = SocketIO(
        app, async_mode=settings.async_mode, async_handlers=False, manage_session=False,
        message_queue=settings.redis_url or None, max_http_buffer_size=settings.largest_event_bytes,
        cors_allowed_origins=[settings.base_url, f"http://localhost:{settings.port}", f"http://127.0.0.1:{settings.port}"],
        ping_interval=20, ping_timeout=20,
    )  # fmt: skip
    house.sockets = sockets.server
    if settings.async_mode == "eventlet":
        websocket.tune(app)
    return sockets


def _exempt_bearers(app: Flask) -> None:
    """Visitors bear a token instead of a cookie, so nothing can be forged in their name."""
    if (csrf := app.extensions.get("csrf")) is None:
        return
    for blueprint in app.blueprints.values():
        if getattr(blueprint, "bears_tokens", False):
            csrf.exempt(blueprint)


def pending_migrations(house: House) -> list[str]:
    """Revisions that the database has not seen."""
    with house.engine.connect() as connection:
        seen = set(MigrationContext.configure(connection).get_current_heads())
    alembic = AlembicConfig()
    alembic.set_main_option("script_location", str(MIGRATIONS))
    return sorted(set(ScriptDirectory.from_config(alembic).get_heads()) - seen)


def refuse_unprepared(app: Flask) -> None:
    """Raises BadSettings when the database cannot be reached or is behind."""
    house: House = app.extensions["house"]
    try:
        pending = pending_migrations(house)
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", error)).strip().splitlines()[0]
        raise config.BadSettings(f"konsulto: the database cannot be reached: {reason}") from None
    if pending:
        raise config.BadSettings("konsulto: the database is behind; run: flask --app app db upgrade")


def _add_commands(app: Flask) -> None:
    import commands

    commands.add(app)
