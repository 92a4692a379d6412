"""The practitioner's live face: who waits, who writes, who is expected."""

from __future__ import annotations

from flask import Flask

from web.house import House


def init_app(app: Flask, house: House) -> None:
    """Join the house."""
    from desk import namespace, shell, talk_routes
    from desk.alerts import routes as alerts
    from desk.attachment import routes as attachment
    from desk.calendar import routes as calendar
    from desk.chat_groups import routes as chat_groups
    from desk.consultation import quick  # noqa: F401 (declares an address)
    from desk.consultation import routes as consultation
    from desk.contacts import routes as contacts
    from desk.inbox import routes as inbox
    from desk.messages import routes as messages
    from desk.questionnaire import routes as questionnaire
    from desk.waiting_room import routes as waiting_room

    rooms = (
        waiting_room.waiting_room, inbox.inbox, calendar.calendar, consultation.consultation, alerts.alerts,
        questionnaire.desk_questionnaire, attachment.desk_attachment, talk_routes.desk_talk,
        messages.messages, contacts.contacts, chat_groups.chat_groups,
    )  # fmt: skip
    for blueprint in (shell.desk, *rooms):
        app.register_blueprint(blueprint)
    namespace.init_app(app, house)
