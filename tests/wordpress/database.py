"""The database of a throw-away site: SQLite in a file, or a MariaDB of its own."""

import os
import shutil
import subprocess
import time
from pathlib import Path

from tests.wordpress.releases import sqlite_support
from tests.wordpress.processes import Processes

SQLITE_CONFIG = """
define( 'DB_NAME', 'wp' ); define( 'DB_USER', '' ); define( 'DB_PASSWORD', '' ); define( 'DB_HOST', '' );
define( 'DB_DIR', '{folder}' ); define( 'DB_FILE', 'wp.sqlite' );
"""
MARIADB_CONFIG = """
define( 'DB_NAME', 'wp' ); define( 'DB_USER', 'root' ); define( 'DB_PASSWORD', '' );
define( 'DB_HOST', 'localhost:{folder}/db.sock' );
"""
EMPTY = ["--auth-root-authentication-method=normal", "--skip-test-db"]
# Nothing here outlives the test, so nothing waits for the disk.
CARELESS = ["--innodb-flush-log-at-trx-commit=0", "--innodb-flush-method=nosync", "--innodb-buffer-pool-size=64M"]


def prepare(kind: str, folder: Path, root: Path, processes: Processes) -> str:
    """Make the database ready and return its lines of wp-config.php."""
    return {"sqlite": prepare_sqlite, "mariadb": prepare_mariadb}[kind](folder, root, processes)


def prepare_sqlite(folder: Path, root: Path, _: Processes) -> str:
    """Put WordPress's SQLite plugin in its place."""
    plugin = root / "wp-content/plugins/sqlite-database-integration"
    shutil.copytree(sqlite_support(), plugin)
    drop_in = (plugin / "db.copy").read_text()
    drop_in = drop_in.replace("{SQLITE_IMPLEMENTATION_FOLDER_PATH}", str(plugin))
    drop_in = drop_in.replace("{SQLITE_PLUGIN}", "sqlite-database-integration/load.php")
    (root / "wp-content/db.php").write_text(drop_in)
    return SQLITE_CONFIG.format(folder=folder)


def prepare_mariadb(folder: Path, _: Path, processes: Processes) -> str:
    """Start a MariaDB that only this site can reach."""
    data, socket = folder / "mariadb", folder / "db.sock"
    user = ["--user=root"] if os.geteuid() == 0 else []
    subprocess.run(
        ["mariadb-install-db", "--no-defaults", *user, f"--datadir={data}", *EMPTY],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    processes.start(
        shutil.which("mariadbd") or "/usr/sbin/mariadbd", "--no-defaults", *user, f"--datadir={data}", f"--socket={socket}", f"--pid-file={folder}/db.pid",
        "--skip-networking", "--skip-log-bin", *CARELESS,
    )  # fmt: skip
    create_database(socket)
    return MARIADB_CONFIG.format(folder=folder)


def create_database(socket: Path) -> None:
    """Create the database as soon as the server listens."""
    command = [
        "mariadb",
        "--no-defaults",
        "-uroot",
        f"--socket={socket}",
        "-e",
        "CREATE DATABASE wp CHARACTER SET utf8mb4",
    ]
    deadline = time.monotonic() + 30
    while subprocess.run(command, capture_output=True, check=False).returncode:
        if time.monotonic() > deadline:
            raise TimeoutError("MariaDB did not start")
        time.sleep(0.05)
