"""The booking widget: a month, the free times of a day, the details, an appointment."""

from flask import Flask

from web.house import House


def init_app(app: Flask, house: House) -> None:
    """Join the house."""
    from widgets.booking import namespace, plain, plain_new_link, plain_waitlist, routes, waitlist  # noqa: F401 (addresses)

    app.register_blueprint(routes.booking_widget)
    app.register_blueprint(plain.booking_widget_plain)
    namespace.init_app(app, house)
