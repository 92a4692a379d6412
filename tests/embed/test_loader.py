"""The loader on a customer's page, in a real browser and across two sites."""
import pytest

from tests.browser.kit.until import until

STRICT = "default-src 'none'; script-src {care} 'self'; frame-src {care}; style-src 'self'; img-src data:"
FAR = '<p class="far">Scroll</p>' + "<br>" * 400
OFFICE = "<p>We are at Harbour Street.</p>"


def frame_of(page, number=0):
    """The widget's document, once it has said hello."""
    frame = page.locator("iframe").nth(number).element_handle().content_frame()
    until(frame, "document.documentElement.dataset.framed")
    return frame


def height_of(page, number=0):
    return page.locator("iframe").nth(number).bounding_box()["height"]


def fits(page, frame, number=0):
    frame.wait_for_function("() => document.documentElement.hasAttribute('data-fits')")
    return abs(frame.evaluate("document.documentElement.scrollHeight") - height_of(page, number)) <= 1


def listen(page, *events):
    page.evaluate(
        """(events) => {
          window.told = [];
          window.Konsulto = window.Konsulto || [];
          Konsulto.push((k) => events.forEach((name) => k.on(name, (told) => window.told.push(told))));
        }""",
        list(events),
    )


def test_a_widget_stands_where_its_tag_stands_and_fits(new_page, clinic, tag, check_page):
    page = new_page()
    page.goto(clinic(f"<p>Before</p>{tag()}<p>After</p>"))
    frame = frame_of(page)
    assert fits(page, frame)
    before, widget, after = (page.locator(it).bounding_box()["y"] for it in ("text=Before", "iframe", "text=After"))
    assert before < widget < after
    check_page(page, everything=True)


def test_the_frame_has_a_name_and_may_use_camera_and_microphone(new_page, clinic, tag):
    page = new_page()
    page.goto(clinic(tag()))
    frame_of(page)
    frame = page.locator("iframe")
    assert frame.get_attribute("title") == "Book a time"
    assert frame.get_attribute("allow") == "camera; microphone; display-capture; fullscreen; autoplay"
    assert frame.get_attribute("src").startswith("http://127.0.0.1:")


def test_the_camera_works_in_the_frame(new_page, clinic, tag):
    page = new_page(permissions=["camera", "microphone"])
    page.goto(clinic(tag()))
    tracks = frame_of(page).evaluate("navigator.mediaDevices.getUserMedia({ video: true }).then((s) => s.getTracks().length)")
    assert tracks == 1


def test_nothing_of_a_widget_is_fetched_before_it_comes_into_view(new_page, care, clinic, tag):
    page = new_page()
    page.goto(clinic(FAR + tag()), wait_until="networkidle")
    assert care.asked == ["/embed.js"]
    page.locator("iframe").scroll_into_view_if_needed()
    frame_of(page)
    assert care.widgets_asked() == ["/w/demo-a?lang=en"]


@pytest.mark.parametrize("display", ["button", "floating"])
def test_nothing_is_fetched_stored_or_recorded_before_the_click(new_page, care, clinic, tag, display):
    page = new_page()
    page.goto(clinic(tag(display=display, label="Ask us")), wait_until="networkidle")
    page.get_by_role("button", name="Ask us").wait_for()
    assert care.asked == ["/embed.js"]
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]
    assert page.context.cookies() == []


@pytest.mark.parametrize("display", ["button", "floating"])
@pytest.mark.parametrize("width", [360, 1280])
def test_a_button_opens_the_widget_and_gets_the_focus_back(new_page, clinic, tag, check_page, screenshot, display, width):
    page = new_page(width=width)
    page.goto(clinic(OFFICE + tag(display=display, label="Ask us", brand="#1d4ed8")))
    button = page.get_by_role("button", name="Ask us")
    button.wait_for()
    check_page(page, everything=True)
    screenshot(page, f"{display}-{width}-shut")
    button.focus()
    page.keyboard.press("Enter")
    frame = frame_of(page)
    panel = page.get_by_role("dialog", name="Ask us")
    box = panel.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= width and box["y"] >= 0 and box["y"] + box["height"] <= 800
    check_page(page, everything=True)
    screenshot(page, f"{display}-{width}-open")
    assert page.evaluate("document.activeElement.shadowRoot.activeElement.textContent") == "Close"
    page.keyboard.press("Escape")
    panel.wait_for(state="hidden")
    until(page, "document.activeElement.shadowRoot?.activeElement?.textContent === 'Ask us'")
    until(frame, "heard.join() === 'open,close'")


def test_tab_leads_into_the_frame_and_escape_in_it_closes_the_panel(new_page, clinic, tag):
    page = new_page()
    page.goto(clinic(tag(display="floating", label="Ask us")))
    page.get_by_role("button", name="Ask us").click()
    frame = frame_of(page)
    page.keyboard.press("Tab")
    until(frame, "document.hasFocus() && document.activeElement.matches('button')")
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="hidden")
    until(page, "document.activeElement.shadowRoot?.activeElement?.textContent === 'Ask us'")


def test_a_closed_panel_goes_on_living(new_page, care, clinic, tag):
    page = new_page()
    page.goto(clinic(tag(display="floating", label="Ask us")))
    page.get_by_role("button", name="Ask us").click()
    frame_of(page).evaluate("window.call = 'going on'")
    page.get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Ask us").click()
    assert frame_of(page).evaluate("window.call") == "going on"
    assert len(care.widgets_asked()) == 1


def test_a_floating_panel_stands_in_the_corner_where_reading_ends(new_page, clinic, tag):
    page = new_page(rtl=True)
    page.goto(clinic(tag(display="floating", label="Ask us")))
    box = page.get_by_role("button", name="Ask us").bounding_box()
    assert box["x"] < 100 and box["y"] > 600


def test_unread_messages_are_counted_on_the_button(new_page, clinic, tag):
    page = new_page()
    page.goto(clinic(tag(display="floating", label="Ask us")))
    page.get_by_role("button", name="Ask us").click()
    frame = frame_of(page)
    page.get_by_role("button", name="Close").click()
    frame.evaluate("talk.unread(2, '2 new messages'); talk.state('busy', 'Busy')")
    page.get_by_role("button", name="Ask us, Busy, 2 new messages", exact=True).wait_for()
    assert page.get_by_role("button").first.inner_text() == "Ask us · Busy2"
    assert page.get_by_role("status").inner_text() == "2 new messages"
    frame.evaluate("talk.unread(0); talk.state('open', '')")
    page.get_by_role("button", name="Ask us", exact=True).wait_for()


def test_a_widget_can_open_its_panel_itself(new_page, clinic, tag):
    page = new_page()
    page.goto(clinic(tag(display="floating", label="Ask us")))
    page.get_by_role("button", name="Ask us").click()
    frame = frame_of(page)
    frame.evaluate("talk.close()")
    page.get_by_role("dialog").wait_for(state="hidden")
    frame.evaluate("talk.open()")
    page.get_by_role("dialog").wait_for()


def test_the_frame_follows_its_content_both_ways(new_page, clinic, tag):
    page = new_page()
    page.goto(clinic(tag()))
    frame = frame_of(page)
    assert fits(page, frame)
    small = height_of(page)
    frame.evaluate("document.querySelector('#more').style.height = '900px'")
    page.wait_for_function("(small) => document.querySelector('iframe').offsetHeight > small + 850", arg=small)
    assert fits(page, frame)
    frame.evaluate("document.querySelector('#more').style.height = ''")
    page.wait_for_function("(small) => document.querySelector('iframe').offsetHeight === small", arg=small)
    assert fits(page, frame)


def test_a_narrower_page_makes_a_higher_frame(new_page, clinic, tag):
    page = new_page()
    page.goto(clinic(tag()))
    frame = frame_of(page)
    frame.evaluate("document.querySelector('#more').textContent = 'We call you. '.repeat(80)")
    assert fits(page, frame)
    for width in (1000, 800, 600, 480, 420, 360):
        page.set_viewport_size({"width": width, "height": 800})
        until(frame, "innerHeight >= document.documentElement.scrollHeight")
    assert fits(page, frame)


def test_margins_and_half_pixels_make_no_scroll_bar(new_page, clinic, tag):
    page = new_page()
    page.goto(clinic(tag("margins")))
    frame = frame_of(page)
    assert fits(page, frame)
    content = frame.evaluate("document.documentElement.getBoundingClientRect().height")
    assert content % 1 and content <= height_of(page) < content + 1


def test_content_that_grows_with_its_frame_is_stopped_and_scrolls(new_page, clinic, tag):
    page = new_page()
    page.goto(clinic(tag("growing")))
    frame = frame_of(page)
    heights = page.evaluate(
        """() => new Promise((done) => {
          const heights = [];
          const step = () => {
            heights.push(document.querySelector("iframe").offsetHeight);
            heights.length < 120 ? requestAnimationFrame(step) : done(heights);
          };
          step();
        })"""
    )
    assert heights[-1] == heights[-60] and heights[-1] < 700
    until(frame, "!document.documentElement.hasAttribute('data-fits')")
    assert frame.evaluate("getComputedStyle(document.documentElement).overflowY") == "visible"


def test_content_as_high_as_its_frame_stays_as_it_is(new_page, clinic, tag):
    page = new_page()
    page.goto(clinic(tag("following")))
    assert fits(page, frame_of(page))
    assert height_of(page) == 480


@pytest.mark.parametrize("lie", ["hello", "height", "ready", "open", "event"])
def test_messages_of_others_are_ignored(new_page, clinic, tag, customer_site, lie):
    """From the page itself and from another frame in it, to the page and to the widget."""
    say = f"{{ konsulto: '{lie}', value: 4000 }}"
    hostile = customer_site({"/": "<!doctype html><title>Advert</title>"}, host="127.0.0.1")
    page = new_page()
    page.goto(clinic(tag() + f'<aside><iframe src="{hostile}" title="Advert" id="advert"></iframe></aside>'))
    frame = frame_of(page)
    listen(page, "ready", "4000", "opened")
    before = height_of(page)
    advert = page.locator("#advert").element_handle().content_frame()
    advert.evaluate(f"parent.postMessage({say}, '*')")
    advert.evaluate(f"parent.frames[0].postMessage({say}, '*')")
    page.evaluate(f"postMessage({say}, '*')")
    frame.evaluate("document.querySelector('#more').style.height = '50px'")
    page.wait_for_function("(before) => document.querySelector('iframe').offsetHeight === before + 50", arg=before)
    assert page.evaluate("told") == [] and frame.evaluate("heard") == []


def test_a_frame_that_was_led_elsewhere_is_not_heard(new_page, clinic, tag, customer_site):
    page = new_page()
    page.goto(clinic(tag()))
    frame = frame_of(page)
    listen(page, "submitted")
    before = height_of(page)
    frame.goto(customer_site({"/": "<!doctype html><title>Elsewhere</title>"}, host="127.0.0.1"))
    for lie in ("{ konsulto: 'height', value: 4000 }", "{ konsulto: 'event', value: 'submitted' }"):
        frame.evaluate(f"parent.postMessage({lie}, '*')")
    page.evaluate("new Promise((done) => { addEventListener('message', done); postMessage('last', '*') })")
    assert height_of(page) == before and page.evaluate("told") == []


def test_another_frame_of_the_same_site_is_not_the_page_around(new_page, clinic, tag):
    page = new_page()
    beside = '<iframe src="/beside" title="Beside"></iframe>'
    page.goto(clinic(beside + tag(), pages={"/beside": "<!doctype html><title>Beside</title>"}))
    frame = frame_of(page, 1)
    page.frames[1].evaluate("parent.frames[1].postMessage({ konsulto: 'open' }, '*')")
    page.evaluate("frames[1].postMessage({ konsulto: 'close' }, '*')")
    until(frame, "heard.length > 0")
    assert frame.evaluate("heard") == ["close"]


def test_messages_that_are_no_messages_are_ignored(new_page, clinic, tag):
    page = new_page()
    page.goto(clinic(tag()))
    frame = frame_of(page)
    before = height_of(page)
    for data in ("null", "7", "'height'", "{}", "{ konsulto: 'destroy' }", "{ konsulto: 'height', value: 'x' }",
                 "{ konsulto: 'height', value: -1 }", "{ konsulto: 'constructor' }"):
        frame.evaluate(f"parent.postMessage({data}, '*')")
    frame.evaluate("talk.tell('last')")
    assert height_of(page) == before and page.locator("iframe").count() == 1


def test_a_widget_answers_an_allowed_page_only(new_page, care, clinic, tag):
    """Here the frame policy lets everybody in, and the widget's own check remains."""
    care.sites = ["https://clinic.example"]
    site = clinic("<p>No loader</p>", allowed=False)
    page = new_page()
    page.goto(site)
    care.app.view_functions["widget"] = lambda key: _without_policy(care, key)
    page.evaluate(
        """(src) => new Promise((done) => {
          window.answers = [];
          addEventListener("message", (message) => answers.push(message.data));
          const frame = document.createElement("iframe");
          frame.title = "Stolen";
          frame.onload = () => { frame.contentWindow.postMessage({ konsulto: "hello" }, "*"); done(); };
          frame.src = src;
          document.querySelector("main").append(frame);
        })""",
        care.origin + "/w/demo-a",
    )
    frame = page.frames[1]
    until(frame, "window.talk")
    frame.evaluate("talk.tell('submitted')")
    assert page.evaluate("answers") == [] and frame.evaluate("document.documentElement.dataset.framed") is None


def _without_policy(care, key):
    response = care._widget(key)
    del response.headers["Content-Security-Policy"]
    return response


def test_several_widgets_share_a_page(new_page, care, clinic, tag):
    page = new_page()
    page.goto(clinic(tag("demo-a") + tag("demo-b") + tag("demo-a", display="floating", label="Ask us")))
    frame_of(page, 0), frame_of(page, 1)
    assert sorted(care.widgets_asked()) == ["/w/demo-a?lang=en", "/w/demo-b?lang=en"]
    assert page.locator("iframe").count() == 3
    listen(page, "submitted")
    frame_of(page, 1).get_by_role("button", name="Send").click()
    until(page, "told.length === 1")
    assert page.evaluate("told") == [{"version": 1, "widget": "demo-b", "event": "submitted"}]


def test_what_the_page_asked_before_the_loader_came_is_done(new_page, clinic, tag, care):
    early = """
      window.Konsulto = window.Konsulto || [];
      window.told = [];
      Konsulto.push((k) => k.on("opened", (told) => window.told.push(told)), (k) => k.open("demo-b"));
    """
    page = new_page()
    page.goto(
        clinic('<script src="/early.js"></script>' + tag("demo-a", display="floating") + tag("demo-b", display="button"),
               pages={"/early.js": early})
    )
    until(page, "told.length === 1")
    assert page.evaluate("told") == [{"version": 1, "widget": "demo-b", "event": "opened"}]
    assert care.widgets_asked() == ["/w/demo-b?lang=en"]


def test_the_page_opens_closes_and_removes_a_widget(new_page, clinic, tag):
    page = new_page()
    page.goto(clinic(tag(display="button", label="Ask us")))
    page.get_by_role("button", name="Ask us").wait_for()
    listen(page, "opened", "closed")
    page.evaluate("Konsulto.open()")
    page.get_by_role("dialog").wait_for()
    page.evaluate("Konsulto.close()")
    page.get_by_role("dialog").wait_for(state="hidden")
    until(page, "told.length === 2")
    page.evaluate("Konsulto.destroy('demo-a')")
    assert page.locator("iframe").count() == 0 and page.get_by_role("button").count() == 0
    page.evaluate("Konsulto.scan(); Konsulto.open(); Konsulto.close()")
    assert page.locator("iframe").count() == 0


def test_a_site_may_style_the_button_and_nothing_of_the_site_reaches_it_by_accident(new_page, clinic, tag):
    css = "button { all: unset; color: red } *:focus { outline: none } div::part(button) { background: rgb(1, 2, 3) }"
    page = new_page()
    page.goto(clinic(tag(display="button", label="Ask us"), head=f"<style>{css}</style>"))
    button = page.get_by_role("button", name="Ask us")
    look = button.evaluate("(e) => [getComputedStyle(e).backgroundColor, getComputedStyle(e).color, e.offsetHeight]")
    assert look == ["rgb(1, 2, 3)", "rgb(255, 255, 255)", 44]
    page.keyboard.press("Tab")
    assert button.evaluate("(e) => getComputedStyle(e).outlineStyle") != "none"


def test_a_floating_widget_may_stand_in_the_head(new_page, clinic, care):
    page = new_page()
    data = 'data-widget="demo-a" data-display="floating" data-label="Ask us"'
    page.goto(clinic(OFFICE, head=f'<script src="{care.origin}/embed.js" {data}></script>'))
    page.get_by_role("button", name="Ask us").click()
    frame_of(page)


def test_a_tag_that_comes_later_is_placed(new_page, clinic, tag, care):
    page = new_page()
    page.goto(clinic(tag("demo-a", display="button", label="Ask us")))
    page.get_by_role("button", name="Ask us").wait_for()
    page.evaluate(
        """(src) => {
          const script = document.createElement("script");
          Object.assign(script, { src, async: true }).dataset.widget = "demo-b";
          document.querySelector("main").append(script);
        }""",
        care.origin + "/embed.js",
    )
    page.locator('iframe[src*="demo-b"]').wait_for()
    until(page.frames[-1], "document.documentElement.dataset.framed")
    assert care.widgets_asked() == ["/w/demo-b?lang=en"]


@pytest.mark.parametrize("display", ["inline", "button", "floating"])
def test_a_site_that_is_not_allowed_shows_a_way_on(new_page, care, clinic, tag, check_page, screenshot, display):
    page = new_page(expect=["frame-ancestors", "postMessage", "target origin"])
    page.goto(clinic(OFFICE + tag(display=display, label="Ask us"), allowed=False))
    page.wait_for_function("() => window.Konsulto?.scan")
    listen(page, "error")
    if display != "inline":
        page.get_by_role("button", name="Ask us").click()
    link = page.get_by_role("link", name="Open it in a new window")
    link.wait_for()
    until(page, "told.length === 1")
    check_page(page, everything=True)
    screenshot(page, f"blocked-{display}")
    assert not page.locator("iframe").is_visible()
    with page.expect_popup() as opened:
        link.click()
    opened.value.get_by_role("heading", name="Book a time").wait_for()


def test_a_server_that_is_down_shows_a_way_on(new_page, care, clinic, tag):
    page = new_page(expect=["503", "ERR_", "postMessage"])
    page.goto(clinic(tag(display="button", label="Ask us")))
    page.route("**/w/**", lambda route: route.abort("connectionrefused"))
    page.get_by_role("button", name="Ask us").click()
    page.get_by_role("link", name="Open it in a new window").wait_for()


def test_a_late_answer_takes_the_hint_away(new_page, care, clinic, tag):
    page = new_page(expect=["frame-ancestors", "postMessage", "target origin"])
    site = clinic(tag(), allowed=False)
    page.goto(site)
    page.get_by_role("link", name="Open it in a new window").wait_for()
    care.sites = [site]
    page.evaluate("document.querySelector('iframe').src += '&again=1'")
    frame_of(page)
    page.locator("iframe").wait_for(state="visible")
    assert page.get_by_role("link").count() == 0


@pytest.mark.parametrize("storage", ["no-foreign-cookies", "none"])
def test_widgets_work_where_cookies_and_storage_are_refused(new_page, clinic, tag, storage):
    page = new_page(storage=storage)
    page.goto(clinic(tag()))
    frame = frame_of(page)
    assert fits(page, frame)
    if storage == "none":
        assert frame.evaluate("(() => { try { return !sessionStorage } catch { return 'refused' } })()") == "refused"


@pytest.mark.parametrize("display", ["inline", "button", "floating"])
def test_a_strict_content_policy_of_the_site_needs_only_our_address(new_page, care, clinic, tag, display):
    page = new_page()
    page.goto(
        clinic(tag(display=display, label="Ask us"),
               headers={"Content-Security-Policy": STRICT.format(care=care.origin)})
    )
    if display != "inline":
        page.get_by_role("button", name="Ask us").click()
        assert page.get_by_role("dialog").bounding_box()["width"] > 300
    frame_of(page)


@pytest.mark.parametrize(
    ("lang", "options", "asked"),
    [
        ("nl", {}, "/w/demo-a?lang=nl"),
        ("nl", {"locale": "fi"}, "/w/demo-a?lang=fi"),
        ("", {}, "/w/demo-a"),
        ("en", {"department": "eye clinic"}, "/w/demo-a?lang=en&department=eye+clinic"),
    ],
)
def test_the_widget_speaks_the_language_of_the_page(new_page, care, clinic, tag, lang, options, asked):
    page = new_page()
    page.goto(clinic(tag(**options), lang=lang))
    frame_of(page)
    assert care.widgets_asked() == [asked]


def test_the_nearest_language_counts(new_page, care, clinic, tag):
    page = new_page()
    page.goto(clinic(f'<section lang="sv">{tag()}</section>'))
    frame_of(page)
    assert care.widgets_asked() == ["/w/demo-a?lang=sv"]


def test_a_button_without_a_label_still_says_what_it_is(new_page, clinic, tag):
    page = new_page()
    page.goto(clinic(tag(display="button"), lang="fi"))
    button = page.get_by_role("button")
    button.wait_for()
    assert button.inner_text() == "Reach us online" and button.get_attribute("lang") == "en"


def test_the_care_server_learns_the_site_not_the_page(new_page, care, clinic, tag):
    page = new_page()
    site = clinic(tag(), pages={}, head='<meta name="referrer" content="unsafe-url">')
    page.goto(site + "/?topic=private")
    frame_of(page)
    assert "private" not in "".join(care.referrers[1:])


def test_the_frame_may_be_reached_without_the_loader(new_page, care, clinic):
    page = new_page()
    page.goto(clinic(f'<iframe src="{care.origin}/w/demo-a" title="Book a time"></iframe>'))
    until(page.frames[1], "window.talk")
    page.frames[1].evaluate("talk.tell('submitted')")




def test_a_word_that_is_kept_brings_the_widget_back_on_the_next_page(new_page, care, clinic, tag):
    page = new_page()
    first = clinic(tag(display="floating", label="Ask us"), pages={"/next": f'<!doctype html><html lang="en"><title>Next</title><main>{tag(display="floating", label="Ask us")}</main></html>'})
    page.goto(first)
    page.get_by_role("button", name="Ask us").click()
    frame_of(page).evaluate("talk.keep('a-word')")
    until(page, "sessionStorage['konsulto:demo-a'] === '+a-word'")
    page.get_by_role("button", name="Close").click()
    until(page, "sessionStorage['konsulto:demo-a'] === 'a-word'")
    page.goto(first + "/next")
    frame = frame_of(page)
    assert frame.evaluate("talk.around().then(({ resume }) => resume)") == "a-word"
    assert not page.get_by_role("dialog").is_visible()
    frame.evaluate("talk.keep('')")
    until(page, "sessionStorage.length === 0")


NEXT = '<!doctype html><html lang="en"><title>Next</title><main><a href="#">Read on</a>{tag}</main></html>'


def test_a_panel_that_stood_open_stands_open_on_the_next_page_and_takes_the_keyboard_from_nobody(new_page, clinic, tag):
    page = new_page()
    again = tag(display="floating", label="Ask us")
    first = clinic(again, pages={"/next": NEXT.format(tag=again)})
    page.goto(first)
    page.get_by_role("button", name="Ask us").click()
    frame_of(page).evaluate("talk.keep('a-word')")
    until(page, "sessionStorage['konsulto:demo-a'] === '+a-word'")
    page.goto(first + "/next")
    page.get_by_role("dialog").wait_for()
    assert page.evaluate("document.activeElement.tagName") == "BODY"
    frame = frame_of(page)
    until(frame, "heard.includes('open')")
    assert frame.evaluate("talk.around().then(({ resume }) => resume)") == "a-word"
    page.get_by_role("button", name="Close").click()
    until(page, "sessionStorage['konsulto:demo-a'] === 'a-word'")
    page.goto(first)
    frame_of(page).evaluate("talk.unread(2, '2 new messages')")
    page.get_by_role("button", name="Ask us, 2 new messages").wait_for()
    assert not page.get_by_role("dialog").is_visible()
    assert page.context.cookies() == []


def test_a_panel_that_was_closed_again_before_the_first_message_leaves_nothing_behind(new_page, clinic, tag):
    page = new_page()
    page.goto(clinic(tag(display="floating", label="Ask us")))
    page.get_by_role("button", name="Ask us").click()
    until(page, "sessionStorage['konsulto:demo-a'] === '+'")
    page.get_by_role("button", name="Close").click()
    until(page, "sessionStorage.length === 0")


@pytest.mark.parametrize("who", ["'signed'", "() => 'signed'", "async () => 'signed'"])
def test_the_page_says_who_is_signed_in_when_the_widget_opens(new_page, clinic, tag, who):
    page = new_page()
    page.goto(clinic(tag(display="button", label="Ask us")))
    page.evaluate(f"Konsulto.identify('demo-a', {who})")
    page.get_by_role("button", name="Ask us").click()
    frame = frame_of(page)
    assert frame.evaluate("talk.around().then(({ identity }) => identity)") == "signed"
    assert frame.evaluate("talk.identityAgain()") == "signed"


def test_a_website_that_cannot_say_who_is_signed_in_still_shows_the_widget(new_page, clinic, tag):
    page = new_page()
    page.goto(clinic(tag(display="button", label="Ask us", identity="")))
    page.evaluate("Konsulto.identify('demo-a', async () => { throw new Error('down') })")
    page.get_by_role("button", name="Ask us").click()
    assert frame_of(page).evaluate("talk.around().then(({ identity }) => identity)") == ""
