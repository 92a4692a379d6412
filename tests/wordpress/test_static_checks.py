"""Checks of the plugin's sources that need no WordPress."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.wordpress.fake_server import EXAMPLES
from tests.wordpress.throwaway_site import PHP, PLUGIN, REPOSITORY

pytestmark = pytest.mark.wordpress


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a checker."""
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)


def assert_passes(*command: str | Path) -> None:
    """Run a checker and show what it says when it is not content."""
    done = run(*command)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_php_file_can_be_parsed():
    files = sorted(PLUGIN.rglob("*.php"))
    assert files
    for file in files:
        assert_passes("php", "-l", file)


def test_every_script_can_be_parsed():
    scripts = sorted(PLUGIN.rglob("*.js"))
    assert scripts
    for script in scripts:
        assert_passes("node", "--check", script)


def test_the_coding_style_is_kept():
    assert_passes("phpcs", f"--standard={PHP / 'ruleset.xml'}", PLUGIN)


def test_the_reviewers_checks_find_nothing():
    assert_passes("php", PHP / "lint.php", PLUGIN)


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("echo $_GET['x'];", "raw $_GET"),
        ("echo esc_html( $x ), $y;", "echo without an escape: $y"),
        ("echo '<b>' . $x;", "echo without an escape: $x"),
        ("printf( '%s', $x );", "printf without an escape: $x"),
        ("esc_html__( 'Text' );", "without the text domain"),
        ("__( $text, 'konsulto-widgets' );", "with something else than a literal"),
        ("register_rest_route( 'a', '/b', array() );", "route without permission_callback"),
        ("$a = $b?->c;", "PHP 7.4 does not know ?->"),
        ("$a = match ( $b ) { default => 1 };", "PHP 7.4 does not know match"),
    ],
)
def test_the_reviewers_checks_find_each_fault(tmp_path, code, fault):
    copy = shutil.copytree(PLUGIN, tmp_path / "plugin")
    (copy / "includes/fault.php").write_text(f"<?php\ndefined( 'ABSPATH' ) || exit;\n{code}\n")
    done = run("php", PHP / "lint.php", copy)
    assert done.returncode == 1
    assert fault in done.stdout


@pytest.mark.parametrize(
    ("file", "before", "after", "fault"),
    [
        ("readme.txt", "Stable tag: ", "Stable tag: 9", "stable tag differs from version"),
        ("readme.txt", "Requires PHP: ", "Requires PHP: 9", "Requires PHP differs in readme.txt"),
        ("readme.txt", "Tags: ", "Tags: a, b, c, ", "more than five tags"),
        ("uninstall.php", "defined( 'WP_UNINSTALL_PLUGIN' ) || exit;", "", "no direct-access guard"),
    ],
)
def test_the_reviewers_checks_find_headers_that_do_not_fit(tmp_path, file, before, after, fault):
    copy = shutil.copytree(PLUGIN, tmp_path / "plugin")
    text = (copy / file).read_text()
    assert before in text
    (copy / file).write_text(text.replace(before, after))
    assert fault in run("php", PHP / "lint.php", copy).stdout


def test_the_example_answers_are_what_they_say():
    for answer in EXAMPLES["good"].values():
        for widget in answer["widgets"]:
            for field, pattern in EXAMPLES["widget"].items():
                assert re.search(pattern, widget[field]), (field, widget)


def test_no_script_of_the_plugin_writes_html():
    for script in PLUGIN.rglob("*.js"):
        assert "innerHTML" not in script.read_text()
        assert "dangerouslySetInnerHTML" not in script.read_text()


def test_the_packages_the_tests_need_are_named():
    names = (REPOSITORY / "tests/wordpress/packages.txt").read_text().split()
    assert names == sorted(set(names))
