"""The two scripts as they are served: small, cacheable, in the visitor's language, without a cookie."""
import gzip
import json

import pytest

from web import locale

LARGEST = 3000  # embed_js_gzip_bytes, with the loader's words


@pytest.fixture
def client(care):
    return care.app.test_client()


def words_of(answer):
    text = answer.text.rstrip()
    return json.loads(text[text.rindex("({") + 1 : -2])


def test_the_loader_is_within_its_budget_in_every_language(care, client):
    with care.app.app_context():
        tags = locale.shipped()
    sizes = {tag: len(gzip.compress(client.get(f"/embed.js?lang={tag}").data, 9)) for tag in tags}
    assert max(sizes.values()) <= LARGEST, sizes


@pytest.mark.parametrize("path", ["/embed.js", "/embed.js?lang=fi", "/embed/frame.js"])
def test_scripts_are_kept_by_browsers_and_set_no_cookie(client, path):
    answer = client.get(path)
    assert answer.status_code == 200 and answer.content_type == "text/javascript; charset=utf-8"
    assert "Set-Cookie" not in answer.headers and answer.cache_control.public and answer.cache_control.max_age == 3600
    again = client.get(path, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304 and again.data == b""


def test_any_site_may_include_the_loader(client):
    answer = client.get("/embed.js")
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_a_cache_keeps_languages_apart(client):
    assert "Accept-Language" in client.get("/embed.js").vary
    assert "Accept-Language" not in client.get("/embed.js?lang=en").vary


def test_the_loader_says_which_language_its_words_are_in(client):
    answer = client.get("/embed.js", headers={"Accept-Language": "xx"})
    assert words_of(answer)["lang"] == answer.headers["Content-Language"] == "en"
    assert words_of(answer)["dir"] == "ltr" and words_of(answer)["open"] == "Reach us online"


def test_words_cannot_leave_their_place(client, monkeypatch):
    monkeypatch.setattr("embed.routes._", lambda _: 'a"});alert(1)//\u2028</script>')
    assert words_of(client.get("/embed.js"))["open"] == 'a"});alert(1)//\u2028</script>'
