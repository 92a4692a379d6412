"""What the operator types: `flask --app app …`."""

from __future__ import annotations

import sys
import time

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

import admin
import demo as demo_clinic
import worker as worker_loop
from admin import sign_in
from integrations import bounce as bounces
from telehealth import bounce as came_back
from telehealth import clock, push_message, rotation
from telehealth.database import Session
from telehealth.encryption import CannotOpen, new_key
from telehealth.organization import Organization
from telehealth.practitioner import Practitioner, PractitionerRole, Role
from web.house import House
from web.questionnaire_templates import begin_all

TRY_LATER = 75  # EX_TEMPFAIL: the mail server keeps the mail and calls again
keys = AppGroup("keys", help="Keys that seal health content, and the key of pushes.")


def _house() -> House:
    house: House = current_app.extensions["house"]
    return house


@click.command("prepare", help="Write permissions and roles; run after every `db upgrade`.")
def prepare() -> None:
    admin.prepare(current_app.appbuilder)


@click.command("demo", help="Load the demo clinic; running it again changes nothing.")
@click.option("--quiet", is_flag=True, help="Do not print the sign-ins.")
def demo(quiet: bool) -> None:
    house = _house()
    if house.settings.konsulto_env == "production":
        raise click.ClickException("the demo clinic is refused when KONSULTO_ENV=production")
    demo_clinic.load(house)
    if not quiet:
        click.echo(demo_clinic.sign_ins(house.settings.base_url))


@click.command("create-admin", help="Create an organisation, if need be, and its administrator.")
@click.option("--organisation", "slug", required=True, help="Short name in addresses: a–z, 0–9, hyphens.")
@click.option("--name", required=True, help="Name of the organisation.")
@click.option("--email", required=True)
@click.password_option()
def create_admin(slug: str, name: str, email: str, password: str) -> None:
    if len(password) < 13:
        raise click.ClickException("the password needs at least 13 characters")
    house = _house()
    with house.sessions() as session, session.begin():
        organization = session.scalar(select(Organization).where(Organization.slug == slug))
        if organization is None:
            organization = Organization(slug=slug, name=name)
            session.add(organization)
            session.flush()
            session.enter(organization.id)
            begin_all(session, organization)
        session.enter(organization.id)
        person = Practitioner(name=email.partition("@")[0], email=email)
        person.roles.append(PractitionerRole(role=Role.ORGANIZATION_ADMINISTRATOR))
        session.add(person)
        session.flush()
        sign_in.create_user(session, person, password, house.run_blocking)
    click.echo(f"{email} administers {name}")


@click.command("create-operator", help="Create a sign-in that manages organisations and belongs to none.")
@click.option("--email", required=True)
@click.password_option()
def create_operator(email: str, password: str) -> None:
    if len(password) < 13:
        raise click.ClickException("the password needs at least 13 characters")
    security = current_app.appbuilder.sm
    role = security.find_role("Operator")
    if role is None:
        raise click.ClickException("run first: flask --app app prepare")
    if not security.add_user(email, email.partition("@")[0], "–", email, role, password):
        raise click.ClickException("somebody signs in with that address already")
    click.echo(f"{email} manages organisations")


@click.command("worker", help="Send mails and run jobs until stopped.")
def worker() -> None:
    house = _house()
    worker_loop.Worker(current_app._get_current_object(), house).run()  # type: ignore[attr-defined]


@click.command("bounce", help="Read one mail that came back, from standard input, as mail servers hand it over.")
def bounce() -> None:
    """Whatever is no bounce of ours is said and left alone: sending it back would begin a loop."""
    house = _house()
    pattern = house.settings.bounce_address
    if not pattern:
        click.echo("BOUNCE_ADDRESS is not set", err=True)
        sys.exit(TRY_LATER)
    try:
        returned = bounces.read(sys.stdin.buffer.read(), pattern)
        with house.sessions() as session, session.begin():
            mail = came_back.mail_of(session, returned.token)
            new = came_back.note(session, mail, returned.status, returned.reason, clock.now())
    except (bounces.NoBounce, came_back.UnknownMail) as error:
        click.echo(f"left alone: {error}")
    except OperationalError as error:
        click.echo(f"later: {type(error).__name__}", err=True)
        sys.exit(TRY_LATER)
    else:
        click.echo(f"{returned.status} noted" if new else "known already")


@keys.command("new", help="Print a fresh key for ENCRYPTION_KEYS.")
@click.option("--id", "name", default=lambda: time.strftime("%Y%m%d"), help="Id of the key.")
def keys_new(name: str) -> None:
    click.echo(f"{name}:{new_key()}")


@keys.command("push", help="Print a fresh key for VAPID_PRIVATE_KEY.")
def keys_push() -> None:
    click.echo(push_message.new_key())


@keys.command("rotate", help="Seal everything anew under the first of ENCRYPTION_KEYS; the house may stay open.")
def keys_rotate() -> None:
    house, sealed = _house(), 0
    with house.sessions() as session:
        organizations = session.execute(select(Organization.id, Organization.name)).all()
    for number, name in organizations:
        with house.sessions(organization=number) as session:
            sealed += _reseal(session, name)
    click.echo(f"{sealed} sealed anew; older keys may be taken out of ENCRYPTION_KEYS when their links have run out")


def _reseal(session: Session, name: str) -> int:
    sealed = 0
    try:
        for page in rotation.reseal(session):
            sealed += page
    except CannotOpen as error:
        raise click.ClickException(f"{name}: a key of ENCRYPTION_KEYS is missing, {error} does not open") from None
    return sealed


def add(app: Flask) -> None:
    for command in (prepare, demo, create_admin, create_operator, worker, bounce, keys):
        app.cli.add_command(command)
