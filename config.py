"""Every setting: named, typed, documented, read once from the environment; a weak production start is refused."""

from __future__ import annotations

import re
import secrets
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from telehealth.encryption import Keyring, new_key
from telehealth.push_message import new_key as new_push_key

SHORTEST_SECRET = 32  # characters
BOUNCE_ADDRESS = re.compile(r"[^@\s{}]{0,19}\{token\}@[^@\s{}]+")  # a local part has 64 characters, a token 45


class BadSettings(SystemExit):
    """The server cannot start like this; the message says in one line why."""


class Settings(BaseSettings):
    """Names in the environment are the field names in capitals."""

    model_config = SettingsConfigDict(extra="ignore", case_sensitive=False)

    konsulto_env: Literal["development", "production", "test"] = Field(
        "development", description="`production` refuses defaults, demo data and weak secrets."
    )
    konsulto_data: Path = Field(Path("var"), description="Where the SQLite database and made-up secrets lie.")
    host: str = Field("127.0.0.1", description="Address the server listens on.")
    port: int = Field(8080, description="Port the server listens on.")
    base_url: str = Field("", description="How the outside reaches this server, for links in mails and snippets.")
    database_url: str = Field("", description="SQLAlchemy URL; empty means SQLite below KONSULTO_DATA.")
    redis_url: str = Field("", description="Carries hints between several processes and counts rate limits.")
    connections: int = Field(10_000, ge=100, description="How many connections one server process holds at once; an open page is one.")
    async_mode: Literal["eventlet", "threading"] = Field("eventlet", description="How sockets are served.")
    secret_key: str = Field("", description="Signs staff cookies and visitor tokens; at least 32 characters.")
    encryption_keys: str = Field("", description="`id:base64` pairs, newest first, that seal health content.")
    trusted_proxies: int = Field(0, description="How many proxies before this server write X-Forwarded-For.")
    inline_worker: bool = Field(True, description="Send mails and run jobs inside the server process.")

    smtp_host: str = Field("", description="Mail server; empty keeps mails in the local mailbox only.")
    smtp_port: int = Field(25, description="Port of the mail server.")
    smtp_user: str = Field("", description="User name at the mail server.")
    smtp_password: str = Field("", description="Password at the mail server.")
    smtp_tls: Literal["none", "starttls", "tls"] = Field("none", description="How the mail conversation is secured.")
    mail_from: str = Field("no-reply@localhost", description="Sender of every mail.")
    bounce_address: str = Field(
        "", description="Where mails come back to, such as `bounces+{token}@care.example`; read by `flask --app app bounce`. Empty: to the sender, unread."
    )

    vapid_private_key: str = Field(
        "", description="Proves to browsers' push services who sends; from `flask --app app keys push`. Keep it for ever."
    )
    push_inside: bool = Field(False, description="Lets pushes go to private addresses, for tests; refused in production.")
    sms_url: str = Field("", description="Where text messages are posted to, as signed JSON; empty sends none.")
    sms_secret: str = Field("", description="Signs what is posted to SMS_URL.")

    stripe_api: str = Field("https://api.stripe.com", description="Where Stripe answers; another one is for tests, refused in production.")

    telegram_api: str = Field("https://api.telegram.org", description="Where Telegram answers; another one is for tests, refused in production.")
    whatsapp_api: str = Field("https://graph.facebook.com/v23.0", description="Where WhatsApp answers; a private one is for tests, refused in production.")
    messengers_inside: bool = Field(False, description="Lets messengers and mailboxes be at private addresses, for tests; refused in production.")

    stun_urls: str = Field("", description="STUN servers for calls, such as `stun:turn.care.example:3478`.")
    turn_urls: str = Field("", description="TURN relays for calls, such as `turns:turn.care.example:443?transport=tcp`.")
    turn_secret: str = Field("", description="coturn's static-auth-secret, from which participants' passwords are made.")
    calls_by_relay_only: bool = Field(False, description="Hides everybody's network address from the other side of a call.")
    turn_seconds: int = Field(600, description="How long such a password lasts; a call asks for a fresh one.")

    session_requests_per_minute: int = Field(600, description="Requests one visitor's session may make.")
    new_sessions_per_minute: int = Field(600, description="Visitor sessions one network address may open.")
    plain_pages_per_minute: int = Field(1200, description="Pages without JavaScript one network address may open.")
    contact_requests_per_hour: int = Field(30, description="Requests to be called back from one network address.")
    birth_dates_per_hour: int = Field(10, description="Dates of birth that can be tried with one appointment's link.")
    waitlist_entries_per_hour: int = Field(30, description="Addresses put on the waitlist from one network address.")
    calendar_feeds_per_minute: int = Field(60, description="Calendar feeds that are read from one network address.")
    new_links_per_hour: int = Field(5, description="How often the links of appointments are mailed to one address.")
    new_link_requests_per_hour: int = Field(60, description="How often one network address may ask for them.")
    pins_per_hour: int = Field(5, description="How many PINs one patient's link may ask for.")
    pin_requests_per_hour: int = Field(60, description="How many PINs one network address may ask for.")
    test_mails_per_hour: int = Field(20, description="Test mails that one administrator may send.")
    sign_ins_per_minute: int = Field(20, description="Attempts to sign in from one network address.")
    network_checks_per_minute: int = Field(6, description="How often one waiting patient may check the way to the relay.")
    events_per_10_seconds: int = Field(60, description="Socket events one connection may send.")
    largest_body_bytes: int = Field(262_144, description="Largest request body that is read.")
    largest_file_bytes: int = Field(25_000_000, description="Largest file that is read; organisations set their own limit below it.")
    largest_picture_pixels: int = Field(40_000_000, description="Largest picture that is opened, width × height.")
    files_per_hour: int = Field(100, description="Files that one visitor's session or one person of staff may send.")
    clamd: str = Field(
        "", description="ClamAV's daemon that looks through files: path of its UNIX socket, or host:port. Empty: nobody does. Files are offered once it has answered."
    )
    largest_event_bytes: int = Field(65_536, description="Largest socket event that is read.")
    visitor_session_hours: int = Field(24, description="How long a visitor's session lasts.")
    portal_idle_minutes: int = Field(120, description="How long a patient's own pages stay open without being used.")
    portal_session_hours: int = Field(24, description="How long they stay open at most.")
    staff_session_hours: int = Field(12, description="How long a staff sign-in lasts.")

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Least severity that is logged.")
    clock_ahead_seconds: int = Field(0, description="Moves the clock, for tests; refused in production.")
    crash_at: str = Field("", description="Kills the process at a named point, for tests; refused in production.")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.konsulto_env == "production":
            self._require_production()
        if not self.database_url:
            self.konsulto_data.mkdir(parents=True, exist_ok=True)
            self.database_url = f"sqlite:///{(self.konsulto_data / 'konsulto.db').resolve()}"
        if self.database_url.startswith(("postgres://", "postgresql://")):
            self.database_url = "postgresql+psycopg2://" + self.database_url.split("://", 1)[1]
        if "+psycopg://" in self.database_url:
            raise ValueError("DATABASE_URL must use psycopg2: psycopg 3 stops the event loop")
        if self.bounce_address and not BOUNCE_ADDRESS.fullmatch(self.bounce_address):
            raise ValueError("BOUNCE_ADDRESS must look like bounces+{token}@care.example, at most 19 characters before {token}")
        self.secret_key = self.secret_key or self._kept("secret_key", secrets.token_urlsafe(48))
        self.encryption_keys = self.encryption_keys or self._kept("encryption_keys", f"k1:{new_key()}")
        self.vapid_private_key = self.vapid_private_key or self._kept("vapid_private_key", new_push_key())
        self.base_url = (self.base_url or f"http://{self.host}:{self.port}").rstrip("/")
        return self

    def _require_production(self) -> None:
        if self.sms_url and (not self.sms_url.startswith("https://") or len(self.sms_secret) < SHORTEST_SECRET):
            raise ValueError(f"SMS_URL must be https:// and SMS_SECRET at least {SHORTEST_SECRET} characters in production")
        if len(self.secret_key) < SHORTEST_SECRET:
            raise ValueError(f"SECRET_KEY must be set to at least {SHORTEST_SECRET} characters in production")
        if len(set(self.secret_key)) < 10 or "change" in self.secret_key.lower() or "secret" in self.secret_key.lower():
            raise ValueError("SECRET_KEY looks like a default; make one with: openssl rand -base64 48")
        if not self.encryption_keys:
            raise ValueError("ENCRYPTION_KEYS must be set in production; make one with: flask --app app keys new")
        if not self.base_url.startswith("https://"):
            raise ValueError("BASE_URL must be the https:// address of this server in production")
        if self.stripe_api != "https://api.stripe.com":
            raise ValueError("STRIPE_API is for tests, not for production")
        if self.telegram_api != "https://api.telegram.org" or not self.whatsapp_api.startswith("https://graph.facebook.com/"):
            raise ValueError("TELEGRAM_API and WHATSAPP_API name others than the services themselves: that is for tests, not for production")
        if self.messengers_inside:
            raise ValueError("MESSENGERS_INSIDE is for tests, not for production")
        if self.clock_ahead_seconds or self.crash_at or self.push_inside:
            raise ValueError("CLOCK_AHEAD_SECONDS, CRASH_AT and PUSH_INSIDE are for tests, not for production")

    def _kept(self, name: str, fresh: str) -> str:
        """A secret made up once and kept beside the data, so that a stranger needs no set-up."""
        file = self.konsulto_data / name
        if not file.exists():
            self.konsulto_data.mkdir(parents=True, exist_ok=True)
            file.touch(mode=0o600)
            file.write_text(fresh)
        return file.read_text().strip()

    @property
    def keyring(self) -> Keyring:
        return Keyring.from_text(self.encryption_keys)


def read() -> Settings:
    """The settings of this process. Raises BadSettings with one clear line."""
    try:
        settings = Settings()  # type: ignore[call-arg]
        _ = settings.keyring
    except ValidationError as error:
        first = error.errors()[0]
        where = "_".join(str(part) for part in first["loc"]).upper()
        raise BadSettings(f"konsulto: {where + ': ' if where else ''}{first['msg'].removeprefix('Value error, ')}") from None
    except ValueError as error:
        raise BadSettings(f"konsulto: ENCRYPTION_KEYS: {error}") from None
    return settings
