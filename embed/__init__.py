"""What runs on the customer's page: the loader, the snippet, and who may frame a widget."""

from flask import Flask

from web.house import House


def init_app(app: Flask, house: House) -> None:
    """Join the house."""
