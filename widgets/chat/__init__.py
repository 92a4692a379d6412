"""The chat widget: channels with their state, a conversation that loses nothing."""

from flask import Flask

from web.house import House


def init_app(app: Flask, house: House) -> None:
    """Join the house."""
    from widgets.chat import namespace, questions

    app.register_blueprint(questions.chat_widget)
    namespace.init_app(app, house)
