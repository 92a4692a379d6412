"""What the desk's tests ask for."""

from tests.desk.wire import desk, open_page  # noqa: F401 (fixtures)
