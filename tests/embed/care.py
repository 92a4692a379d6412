"""A small care server for the embed tests: the real loader and frame script, and widgets that hold only what a test needs."""
from pathlib import Path

from flask import Flask, Response, abort, render_template_string, request, send_from_directory
from flask_babel import Babel

from embed.routes import embed
from web import framing, locale

ROOT = Path(__file__).parents[2]
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; "
WIDGET = """<!doctype html>
<html lang="{{ lang }}">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="konsulto-sites" content="{{ sites }}">
  <link rel="icon" href="data:,">
  <title>Book a time</title>
  <link rel="stylesheet" href="/static/tokens.css">
  <link rel="stylesheet" href="/static/widget.css">
  {% if style %}<link rel="stylesheet" href="/{{ style }}.css">{% endif %}
  <script type="module" src="/page.js"></script>
</head>
<body>
  <div class="k-widget">
    <main class="k-main k-stack">
      <h1>Book a time</h1>
      <p>{{ department or "Choose a day." }}</p>
      <p><button class="k-btn" type="button">Send</button></p>
      <div id="more"></div>
    </main>
  </div>
</body>
</html>
"""
# The tests play the widget through `talk`; `heard` keeps what the page around said.
PAGE_JS = """
import * as frame from "/embed/frame.js";
import * as memory from "/embed/memory.js";
const talk = { ...frame, ...memory };
const heard = [];
for (const name of ["open", "close"]) document.addEventListener(`konsulto:${name}`, () => heard.push(name));
Object.assign(window, { talk, heard });
document.querySelector("button").onclick = () => talk.tell("submitted");
"""
STYLES = {
    "growing": ".k-widget { min-block-size: calc(100vh + 20px); }",
    "following": ".k-widget { min-block-size: 100vh; }",
    "margins": "body { margin: 13.3px; } .k-main > :last-child { margin-block-end: 40px; }",
}


class Care:
    """Widgets demo-a and demo-b, and one for each style; `sites` may frame them, `asked` holds every request's path."""

    def __init__(self) -> None:
        self.sites: list[str] = []
        self.asked: list[str] = []
        self.referrers: list[str] = []
        self.app = self._app()

    def _app(self) -> Flask:
        app = Flask("care", static_folder=None, root_path=str(ROOT))
        Babel(app, locale_selector=locale.selector)
        app.register_blueprint(embed)
        app.before_request(self._count)
        app.add_url_rule("/w/<key>", "widget", self._widget)
        app.add_url_rule("/page.js", "page", lambda: Response(PAGE_JS, content_type="text/javascript"))
        app.add_url_rule("/<style>.css", "style", lambda style: Response(STYLES[style], content_type="text/css"))
        app.add_url_rule("/static/<path:name>", "static", lambda name: send_from_directory(ROOT / "static", name))
        return app

    def _count(self) -> None:
        self.asked.append(request.full_path.rstrip("?"))
        self.referrers.append(request.headers.get("Referer", ""))

    def _widget(self, key: str) -> Response:
        if key not in {"demo-a", "demo-b", *STYLES}:
            abort(404)
        html = render_template_string(
            WIDGET,
            lang=request.args.get("lang", "en"),
            department=request.args.get("department"),
            sites=" ".join(framing.sources(self.sites)),
            style=key if key in STYLES else "",
        )
        return Response(html, headers={"Content-Security-Policy": POLICY + framing.frame_ancestors(self.sites)})

    def widgets_asked(self) -> list[str]:
        return [path for path in self.asked if path.startswith("/w/")]
