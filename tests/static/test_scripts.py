"""Every script of every face: typed by its comments, and within the rules of eslint.config.js."""
import subprocess

import pytest

from tests.static.house import ROOT


@pytest.mark.parametrize("command", [["tsc", "--project", "."], ["eslint", "."]], ids=lambda command: command[0])
def test_scripts_pass(command):
    tool = ROOT / "node_modules" / ".bin" / command[0]
    done = subprocess.run([tool, *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
