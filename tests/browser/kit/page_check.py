"""The page check: every document a test opens is valid HTML, and every page it leaves open is usable by everybody."""
import json
import subprocess
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from playwright.sync_api import Error, Frame, Page

from tests.browser.kit.sites import customer_origins

ROOT = Path(__file__).parents[3]
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
NARROW = 360

# A target that happens to lie half beneath the phone's bar of pages is looked at again where somebody would scroll it to.
RUN_AXE = """async ([standards, skipped]) => {
  const look = (where, runOnly) => axe.run(where, {
    iframes: false,
    resultTypes: ["violations"],
    runOnly,
    rules: Object.fromEntries(skipped.map((rule) => [rule, { enabled: false }])),
  });
  const isFineInTheMiddle = async (target) => {
    const element = document.querySelector(target.flat().at(-1));
    if (!element) return false;
    const [x, y] = [scrollX, scrollY];
    element.scrollIntoView({ block: "center", behavior: "instant" });
    const again = await look(element, { type: "rule", values: ["target-size"] });
    scrollTo({ left: x, top: y, behavior: "instant" });
    return again.violations.length === 0;
  };
  const found = await look(document, { type: "tag", values: standards });
  const faults = [];
  for (const rule of found.violations) {
    for (const node of rule.nodes) {
      if (rule.id === "target-size" && (await isFineInTheMiddle(node.target))) continue;
      const said = [...node.any, ...node.all, ...node.none].map((check) => check.message);
      faults.push([rule.id, rule.help, node.target.flat().join(" "), ...said].join(": "));
    }
  }
  return faults;
}"""

TOO_WIDE = """() => {
  const edge = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= edge + 1) return [];
  const wide = [...document.body.querySelectorAll("*")].filter((e) => {
    const box = e.getBoundingClientRect();
    return box.width && (box.right > edge + 1 || box.left < -1 || e.scrollWidth > edge + 1);
  });
  return [document.body, ...wide].slice(-3).map((e) => e.outerHTML.slice(0, 120));
}"""


class HtmlValidator:
    """One node process that validates HTML for the whole run."""

    def __init__(self) -> None:
        script = Path(__file__).with_name("validate_html.js")
        self.process = subprocess.Popen(
            ["node", str(script)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        self.known: dict[str, list[str]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.communicate()

    def faults(self, html: str) -> list[str]:
        """What is wrong with a document; a document seen before costs nothing."""
        if html not in self.known:
            self.known[html] = self._ask(html)
        return self.known[html]

    def _ask(self, html: str) -> list[str]:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps({"html": html}) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError("html-validate ended; is `npm ci` done?")
        return list(json.loads(answer))


@cache
def axe() -> str:
    return (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")



def axe_faults(frame: Frame, skip: Iterable[str] = ()) -> list[str]:
    """What axe finds in one frame; its script comes by the debugger, so the page's content policy stays on."""
    if not frame.evaluate("() => 'axe' in window"):
        frame.evaluate(axe() + "; undefined")
    return list(frame.evaluate(RUN_AXE, [STANDARDS, list(skip)]))


def served(url: str) -> bool:
    """A document that a server sent, not an empty frame or the browser's own error page."""
    return urlsplit(url).scheme in ("http", "https")


def ours(url: str) -> bool:
    """A document of the product, not of a customer's site."""
    parts = urlsplit(url)
    return served(url) and f"{parts.scheme}://{parts.netloc}" not in customer_origins


def runs_scripts(frame: Frame) -> bool:
    """A frame that forbids all scripts cannot be asked anything: it would never answer. One that has just gone neither."""
    try:
        return frame.parent_frame is None or frame.frame_element().get_attribute("sandbox") != ""
    except Error:
        if frame.is_detached():
            return False
        raise


def width_faults(page: Page, frames: Iterable[Frame]) -> list[str]:
    """What makes a page, or a frame in it, scroll sideways on a narrow phone."""
    before = page.viewport_size
    if before is None:
        return []
    page.set_viewport_size({"width": NARROW, "height": before["height"]})
    wide = [(frame.url, element) for frame in frames for element in frame.evaluate(TOO_WIDE)]
    page.set_viewport_size(before)
    return [f"{url}: scrolls sideways at {NARROW} px: {element}" for url, element in wide]


def page_faults(page: Page, skip: Iterable[str] = (), everything: bool = False) -> list[str]:
    """What is wrong with a page as it stands now, its frames included; `everything` looks at a customer's page too."""
    frames = [frame for frame in page.frames if (served if everything else ours)(frame.url) and runs_scripts(frame)]
    found = [f"{frame.url}: {fault}" for frame in frames for fault in axe_faults(frame, skip)]
    return found + width_faults(page, frames)
