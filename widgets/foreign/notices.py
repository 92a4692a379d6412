"""Where services tell what was written and what became of our notices; only their signature counts."""

from __future__ import annotations

import hmac
import logging

from flask import Blueprint, Response, request
from pydantic import ConfigDict, Field

from integrations.messenger import BadNotice, NotReachable
from integrations.messenger import accounts
from telehealth import messenger
from telehealth.contact_point import ContactKind
from web.endpoint import Access, endpoint
from web.errors import Refusal
from web.house import house, session
from web.schema import Schema

log = logging.getLogger(__name__)
messengers = Blueprint("messengers", __name__)
messengers.bears_tokens = True  # type: ignore[attr-defined]


class ServiceNotice(Schema):
    """Read by what knows the service, once its signature is known to be right."""

    model_config = ConfigDict(extra="ignore")


class Question(Schema):
    """How WhatsApp asks whether the address is ours."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True)

    word: str = Field("", alias="hub.verify_token")
    challenge: str = Field("", alias="hub.challenge", max_length=200)


@endpoint(messengers, "/messengers/<uid>", method="POST", access=Access.PUBLIC, body=ServiceNotice)
def take(uid: str, body: ServiceNotice) -> tuple[str, int]:
    """What a service tells; answered once it is kept, so that the service tells again what was not."""
    account = messenger.account(session(), uid)
    try:
        accounts.hear(session(), house().settings, account, request.get_data(), request.headers)
    except (BadNotice, NotReachable) as error:
        log.warning("a notice to account %s was refused: %s", account.id, error)
        raise Refusal("not_allowed", 403) from None
    session().commit()
    return "", 200


@endpoint(messengers, "/messengers/<uid>", access=Access.PUBLIC, query=Question)
def confirm(uid: str, query: Question) -> Response:
    """Repeat the challenge to a service that knows the account's word."""
    account = messenger.account(session(), uid)
    if account.kind is not ContactKind.WHATSAPP or not hmac.compare_digest(account.verify_word.encode(), query.word.encode()):
        raise Refusal("not_allowed", 403)
    return Response(query.challenge, mimetype="text/plain")
