"""Beside a mail's text: how it reads with an appointment that nobody has, and a test of it to oneself (X-53)."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, request
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from flask_babel import gettext as _

from admin.generated import GeneratedView
from integrations import preview
from integrations.preview import Draft
from telehealth import clock
from telehealth.message_template import CODES, MessageTemplateSet
from telehealth.outbox import MailKind, OutgoingMail
from telehealth.practitioner import Practitioner
from web import headers, limits, locale
from web.errors import Refusal
from web.house import current_staff, house

LONGEST = {"subject": 200, "body": 20_000}  # characters


class PreviewedView(GeneratedView):
    """A view whose form has `kind`, `subject` and `body`; what is posted here is shown or sent, never kept."""

    def wrong(self, kind: MailKind, subject: str, body: str) -> dict[str, str]:
        """Words for what is not right with the text, by field."""
        raise NotImplementedError

    @expose("/preview", methods=["POST"])
    @has_access
    def preview(self) -> Any:
        """Subject and plain text as JSON, with words for what is wrong."""
        draft = self._draft()
        if draft is None:
            return jsonify(subject="", text="", problems=[_("Choose first what kind of mail it is.")], lang="", dir="auto")
        letter = preview.preview(self.session, house().settings, draft)
        problems = list(dict.fromkeys(self.wrong(draft.kind, draft.subject, draft.body).values()))
        direction = locale.babel_locale(letter.tag).text_direction
        return jsonify(subject=letter.subject, text=letter.text, problems=problems, lang=letter.tag, dir=direction)

    @expose("/page", methods=["POST"])
    @has_access
    def page(self) -> Response:
        """The mail as a page, for a frame where nothing can run and no link leads away."""
        draft = self._draft()
        headers.allow(
            frame_ancestors="'self'", style_src="'unsafe-inline'", script_src="'none'", connect_src="'none'", sandbox=""
        )
        shown = preview.preview(self.session, house().settings, draft).html if draft else ""
        return Response(shown, content_type="text/html; charset=utf-8")

    @expose("/test", methods=["POST"])
    @has_access
    def test(self) -> Any:
        """Put it into the outbox, to one's own address."""
        staff, draft = current_staff(), self._draft()
        if staff is None or draft is None:
            return jsonify(said=_("Choose first what kind of mail it is.")), 422
        if self.wrong(draft.kind, draft.subject, draft.body):
            return jsonify(said=_("Nothing was sent. Put right first what is said above.")), 422
        try:
            limits.hit("test_mail", f"{staff.organization_id}:{staff.practitioner_id}")
        except Refusal:
            return jsonify(said=_("That were many tests in a short time. Try again in an hour.")), 429
        recipient = self.session.get_one(Practitioner, staff.practitioner_id).email
        self._send(draft, recipient)
        return jsonify(said=_("The test is on its way to %(address)s.", address=recipient))

    def _send(self, draft: Draft, recipient: str) -> None:
        letter, now = preview.preview(self.session, house().settings, draft), clock.now()
        self.session.add(OutgoingMail.composed(
            MailKind.TEST, recipient, locale=letter.tag, subject=preview.marked_subject(letter), text=letter.text,
            html=letter.html, now=now,
        ))  # fmt: skip
        self.session.commit()

    def _draft(self) -> Draft | None:
        """What was posted; None as long as it is of no kind."""
        kinds = {kind.value: kind for kind in CODES}
        kind, staff = kinds.get(request.form.get("kind", "")), current_staff()
        if kind is None or staff is None:
            return None
        subject, body = (request.form.get(name, "").replace("\r\n", "\n")[:most] for name, most in LONGEST.items())
        departments = texts.departments if (texts := self._set()) is not None else []
        return Draft(kind, subject, body.strip(), next(iter(departments), None), staff.name)

    def _set(self) -> MessageTemplateSet | None:
        wanted = request.form.get("set", "")
        found: MessageTemplateSet | None = self.datamodel.get_related_obj("set", wanted) if wanted.isdecimal() else None
        return found
