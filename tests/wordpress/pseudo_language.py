"""A right-to-left language that puts each translated text in brackets: text without brackets is not translatable."""

import re
import subprocess
import sys
from pathlib import Path

from tests.wordpress.throwaway_site import REPOSITORY, Site

CODE = "ar"
OPENS, CLOSES = "⟦", "⟧"
LANGUAGES = REPOSITORY / "wordpress-plugin/konsulto-widgets/languages"
MESSAGES = REPOSITORY / "wordpress-plugin/messages.py"
RIGHT_TO_LEFT = """msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\n"

msgctxt "text direction"
msgid "ltr"
msgstr "rtl"
"""


def run(*command: str | Path) -> None:
    """Run a gettext tool."""
    subprocess.run([str(part) for part in command], check=True, capture_output=True)


def bracketed(template: str) -> str:
    """The translation in which each text is the English one in brackets."""
    single = re.sub(r'msgid "(.+)"\nmsgstr ""', rf'msgid "\1"\nmsgstr "{OPENS}\1{CLOSES}"', template)
    plural = r'msgid "(.+)"\nmsgid_plural "(.+)"\nmsgstr\[0\] ""\nmsgstr\[1\] ""'
    filled = rf'msgid "\1"\nmsgid_plural "\2"\nmsgstr[0] "{OPENS}\1{CLOSES}"\nmsgstr[1] "{OPENS}\2{CLOSES}"'
    return re.sub(plural, filled, single).replace(
        "nplurals=INTEGER; plural=EXPRESSION;", "nplurals=2; plural=(n != 1);"
    )


def switch(site: Site) -> None:
    """Install the language on a site and choose it."""
    languages = site.root / "wp-content/languages"
    (languages / f"{CODE}.po").write_text(RIGHT_TO_LEFT)
    run("msgfmt", "-o", languages / f"{CODE}.mo", languages / f"{CODE}.po")
    plugin = site.root / "wp-content/plugins/konsulto-widgets/languages"
    template = (LANGUAGES / "konsulto-widgets.pot").read_text()
    (plugin / f"konsulto-widgets-{CODE}.po").write_text(bracketed(template))
    run(sys.executable, MESSAGES, "compile", plugin)
    site.php("update_option( 'WPLANG', $given['language'] );", language=CODE)
