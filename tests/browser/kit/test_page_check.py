"""The page check itself: a good page passes, and each kind of fault is noticed."""
import pytest

from tests.browser.kit.sites import serve, site

HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; frame-src 'self'"}
GOOD = """<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>A clinic</title>
</head>
<body>
  <main>
    <h1>Welcome</h1>
    <p>We are open.</p>
  </main>
</body>
</html>
"""


def faults_of(new_page, html, extra=None):
    """Opens a page of ours with this HTML, and takes what the kit says about it."""
    with serve(site({"/": html, **(extra or {})}, HEADERS)) as origin:
        page = new_page()
        page.goto(origin, wait_until="networkidle")
        found = new_page.faults()
    new_page.logs.clear()
    return "\n".join(found)


def test_a_good_page_passes_under_a_strict_content_policy(new_page):
    assert faults_of(new_page, GOOD) == ""


def test_what_a_template_leaves_to_its_script_is_no_fault(new_page):
    template = '<template><a data-slot="link" target="_blank" rel="noopener"></a><button type="button"></button></template>'
    assert faults_of(new_page, GOOD.replace("<p>We are open.</p>", template)) == ""


@pytest.mark.parametrize(
    ("wrong", "instead_of", "said"),
    [
        ("<html>", '<html lang="en">', "html-has-lang"),
        ("", "<title>A clinic</title>", "document-title"),
        ("<p><input type='text'></p>", "<p>We are open.</p>", "label: "),
        ("<p id='a'>1</p><p id='a'>2</p>", "<p>We are open.</p>", "no-dup-id"),
        ("<template><p id='a'></p><b><p></p></b></template>", "<p>We are open.</p>", "element-permitted-content"),
        ("<p style='color:red'>We</p>", "<p>We are open.</p>", "no-inline-style"),
        ("<div><p>We</div>", "<p>We are open.</p>", "no-implicit-close"),
        ("<pre>" + "wide " * 80 + "</pre>", "<p>We are open.</p>", "scrolls sideways at 360 px"),
        ("<button type='button'></button>", "<p>We are open.</p>", "button-name"),
        ('<img src="http://elsewhere.example/a.png" alt="A">', "<p>We are open.</p>", "asks a stranger"),
        ('<script src="/missing.js"></script>', "<p>We are open.</p>", "console: "),
        ('<iframe src="/inside" title="Inside"></iframe>', "<p>We are open.</p>", "/inside: button-name"),
    ],
)
def test_a_fault_is_noticed(new_page, wrong, instead_of, said):
    inside = GOOD.replace("<p>We are open.</p>", '<button type="button"></button>')
    assert said in faults_of(new_page, GOOD.replace(instead_of, wrong), {"/inside": inside})


def test_an_error_in_a_script_is_noticed(new_page):
    page = new_page()
    page.evaluate("setTimeout(() => { throw new Error('lost') })")
    page.wait_for_function("true")
    assert "lost" in "".join(new_page.log(page).errors)
    new_page.logs.clear()


def test_an_expected_console_error_is_no_fault(new_page):
    page = new_page(expect=["meant to"])
    page.evaluate("console.error('This is meant to be here')")
    assert new_page.log(page).errors and not new_page.log(page).faults()


def test_a_customers_own_page_is_not_ours_to_check(new_page, customer_site):
    page = new_page()
    page.goto(customer_site({"/": "<p>No title, no language"}))
    assert new_page.faults() == []


def test_pages_come_narrow_dark_and_right_to_left(new_page, customer_site):
    page = new_page(width=360, dark=True, rtl=True, locale="fi-FI")
    page.goto(customer_site({"/": "<!doctype html><p>Hei"}))
    assert page.evaluate("[innerWidth, document.documentElement.dir, navigator.language]") == [360, "rtl", "fi-FI"]
    assert page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")


@pytest.mark.parametrize(("storage", "works"), [(None, True), ("none", False)])
def test_storage_can_be_refused(new_page, customer_site, storage, works):
    page = new_page(storage=storage)
    page.goto(customer_site({"/": "<!doctype html><p>Hello"}))
    kept = page.evaluate("() => { try { sessionStorage.setItem('a', 1); return true } catch { return false } }")
    assert kept is works
