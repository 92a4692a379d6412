"""The booking widget: a month, the free times of a day, the details, an appointment."""

from flask import Flask

from web.house import House


def init_app(app: Flask, house: House) -> None:
    """Join the house."""
    from widgets.booking import namespace, routes, waitlist  # noqa: F401 (addresses)

    app.register_blueprint(routes.booking_widget)
    namespace.init_app(app, house)
