"""The playground in a real browser: build a token, paste one, and see that nothing leaves."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from math import ceil
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import ActionChains, Chrome, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.support.select import Select

from cognito_guard.testing import LocalUserPool
from example_apps.playground.presets import PRESETS
from example_apps.playground.running import serve_playground

from . import waiting
from .pictures import take_picture

VERDICT = "#verdict .headline"
HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"


@pytest.fixture(scope="module")
def playground() -> Iterator[str]:
    """The page's address."""
    with serve_playground() as origin:
        yield origin


@pytest.fixture
def page(browser: Chrome, playground: str) -> Iterator[Page]:
    """The page, opened anew, with the verdict for a good token on it."""
    browser.get_log("browser")
    browser.get(playground)
    page = Page(browser, playground)
    page.reads(VERDICT, "Accepted")
    yield page
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


class Page:
    """What a person sees and does."""

    def __init__(self, browser: Chrome, origin: str) -> None:
        self.browser = browser
        self.origin = origin

    def run(self, script: str, *arguments: object) -> Any:
        """What a script on the page returns."""
        return self.browser.execute_script(script, *arguments)  # type: ignore[no-untyped-call]

    def reads(self, selector: str, text: str) -> None:
        """Wait until an element's text is this."""
        waiting.reads(self.browser, selector, text)

    def shows(self, selector: str, text: str) -> None:
        """Wait until an element's text contains this."""
        waiting.shows(self.browser, selector, text)

    def choose(self, name: str, text: str) -> None:
        """Choose from a list, by what it says."""
        Select(self.browser.find_element(By.NAME, name)).select_by_visible_text(text)

    def type(self, name: str, text: str) -> None:
        """Replace the text of a field."""
        field = self.browser.find_element(By.ID, name)
        field.clear()
        field.send_keys(text)

    def preset(self, name: str) -> None:
        """Choose a preset."""
        waiting.click(self.browser, f".chip:has([value={name}])")

    def paste(self, pool: LocalUserPool, token: str, **changes: str) -> None:
        """Fill the other half of the form, and ask for the verdict."""
        waiting.click(self.browser, "label:has([name=mode][value=paste])")
        fields = {
            "token": token,
            "user_pool_id": pool.user_pool_id,
            "client_ids": pool.client_id,
            "jwks": json.dumps(pool.jwks()),
        }
        for name, text in {**fields, **changes}.items():
            self.type(name, text)
        waiting.click(self.browser, "button.primary")

    def emulate(self, **media: str) -> None:
        """Prefer what is said of media features, such as ``prefers_color_scheme``."""
        features = [
            {"name": name.replace("_", "-"), "value": value} for name, value in media.items()
        ]
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def width(self, pixels: int) -> None:
        """A screen of this width."""
        screen = {"width": pixels, "height": 812, "deviceScaleFactor": 1, "mobile": True}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)

    def press(self, *keys: str) -> None:
        """Press keys, one after the other, wherever the focus is."""
        ActionChains(self.browser).send_keys(*keys).perform()

    def tab_to(self, selector: str) -> None:
        """Go on by Tab until an element has the focus."""
        for _ in range(80):
            if self.run("return document.activeElement.matches(arguments[0])", selector):
                return
            self.press(Keys.TAB)
        pytest.fail(f"Tab does not lead to {selector}")

    def complaints(self) -> list[str]:
        """What the browser has said of the page since it was opened."""
        return [entry["message"] for entry in self.browser.get_log("browser")]


def test_build_a_token(page: Page) -> None:
    """Each change is judged at once; the parts, the table and the answers follow."""
    page.choose("kind", "ID token")
    page.reads(VERDICT, "Refused: wrong_token_use")
    page.shows("tr.decides", "token_use access")
    page.shows(".part.payload", '"token_use": "id"')
    for number in range(1, 5):
        page.shows(f"#answers article:nth-child({number}) .status", "401 Unauthorized")
    page.shows("#answers article", 'WWW-Authenticate: Bearer error="invalid_token"')
    page.shows("#answers article .curl pre", "curl -i http://127.0.0.1:")

    page.choose("kind", "access token")
    page.reads(VERDICT, "Accepted")
    page.type("groups", "admins")
    waiting.click(page.browser, "label:has([value='/admin'])")
    page.shows("#answers article .body", '"admin": "')
    page.choose("expires_in", "three hours ago")
    page.reads(VERDICT, "Refused: token_expired")
    assert page.complaints() == []


def test_presets(page: Page) -> None:
    """Each of them fills the form and gets its verdict; a change by hand is no preset."""
    for preset in PRESETS[::-1]:
        page.preset(preset.name)
        page.reads(VERDICT, f"Refused: {preset.reason}" if preset.reason else "Accepted")
        page.reads("#preset-says", preset.says)
        page.shows("#answers article .status", str(preset.status))
    page.choose("expires_in", "in five minutes")
    page.reads("#preset-says", "A request of your own making.")
    assert page.run("return document.querySelectorAll('[name=preset]:checked').length") == 0


def test_only_what_fits_is_offered(page: Page) -> None:
    """A machine has no user, a load balancer no /orders, and no token nothing to change."""
    offered = "return [...form.querySelectorAll('.field:not([hidden]) [name]')].map(e => e.name)"

    def fields() -> list[str]:
        names = page.run(f"const form = document.getElementById('build'); {offered}")
        return [str(name) for name in names]

    page.choose("kind", "machine token")
    page.reads(VERDICT, "Accepted")
    assert fields() == ["kind", "scopes", "expires_in", "issued_by", "change"]
    page.choose("kind", "none")
    page.reads(VERDICT, "Refused: missing_credentials")
    assert fields() == ["kind"]
    page.preset("missing_scope")
    page.reads(VERDICT, "Refused: missing_scope")
    page.choose("kind", "load balancer headers")
    page.reads(VERDICT, "Accepted")
    assert page.run("return document.querySelector('[name=route]:checked').value") == "/login"


def test_paste_a_token(page: Page) -> None:
    """A token of a pool that nobody here trusts, with the settings of the app that does."""
    pool = LocalUserPool("us-east-2_Production", client_id="3production45678")
    page.paste(pool, pool.access_token("grace"))
    page.reads(VERDICT, "Accepted")
    page.shows("#answers article .body", '"username": "grace"')
    page.shows("#note", "Two example apps with your settings")

    page.type("client_ids", "7another89client")
    waiting.click(page.browser, "button.primary")
    page.reads(VERDICT, "Refused: wrong_client")

    page.type("jwks", "<html>")
    waiting.click(page.browser, "button.primary")
    page.shows("#verdict", "it is HTML or XML")
    assert page.run("return document.activeElement.id") == "jwks"
    assert page.run("return document.activeElement.getAttribute('aria-invalid')") == "true"
    page.shows(".field:has(#jwks) .problem", "jwks is not a usable key set")

    waiting.click(page.browser, "#clear")
    page.shows("#verdict", "Paste a token and the settings")
    typed = "return [...document.querySelectorAll('#paste textarea, #paste input')]"
    assert set(page.run(f"{typed}.map(e => e.value)")) == {""}


def test_nothing_is_remembered(page: Page) -> None:
    """Not in the address, not in the browser's stores, not in the form after a reload."""
    pool = LocalUserPool("us-east-2_Production")
    page.paste(pool, pool.access_token("grace"))
    page.reads(VERDICT, "Accepted")
    stores = "return [localStorage.length, sessionStorage.length, document.cookie, history.length]"
    *kept, _ = page.run(stores)
    assert kept == [0, 0, ""]
    assert page.browser.current_url == f"{page.origin}/"
    page.browser.refresh()
    page.reads(VERDICT, "Accepted")
    assert page.run("return document.getElementById('token').value") == ""


def test_page_asks_nobody_else(page: Page) -> None:
    """After all presets and a pasted token, every request went to the page's own address."""
    for preset in PRESETS[:3]:
        page.preset(preset.name)
        page.shows("#answers article .status", str(preset.status))
    pool = LocalUserPool("us-east-2_Production")
    page.paste(pool, pool.access_token("grace"))
    page.reads(VERDICT, "Accepted")
    asked = page.run("return performance.getEntriesByType('resource').map(e => e.name)")
    assert {f"{page.origin}/judge", f"{page.origin}/playground.js"} <= set(asked)
    assert all(one.startswith(f"{page.origin}/") for one in asked)
    assert page.complaints() == []


@pytest.mark.parametrize(
    ("way", "directive"),
    [
        ("fetch(url, {mode: 'no-cors'}).catch(() => 0)", "connect-src"),
        ("navigator.sendBeacon(url, 'token')", "connect-src"),
        ("new WebSocket(url.replace('http', 'ws'))", "connect-src"),
        ("new EventSource(url)", "connect-src"),
        ("new Image().src = url", "img-src"),
        ("add('script', {src: url})", "require-trusted-types-for"),
        ("add('link', {rel: 'stylesheet', href: url})", "style-src-elem"),
        ("add('iframe', {src: url})", "frame-src"),
        ("add('form', {action: url, method: 'post'}).submit()", "form-action"),
    ],
)
def test_policy_lets_nothing_out(page: Page, way: str, directive: str) -> None:
    """Whatever a script on the page may try, no request reaches another server."""
    script = """
        const [url, done] = arguments;
        addEventListener("securitypolicyviolation", (event) => done(event.effectiveDirective));
        const add = (tag, attributes) => {
          const element = document.createElement(tag);
          for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
          document.body.append(element);
          return element;
        };
    """
    page.browser.set_script_timeout(60)
    with LocalUserPool().serve() as elsewhere:
        violated = page.browser.execute_async_script(  # type: ignore[no-untyped-call]
            f"{script}\ntry {{ {way}; }} catch {{ }}", f"{elsewhere.url}?token"
        )
        assert violated == directive
        assert elsewhere.requests == 0


def test_policy_refuses_markup(page: Page) -> None:
    """No text becomes an element, even if a line of the script tried."""
    script = "try { document.body.innerHTML = '<b>x</b>' } catch (error) { return error.name }"
    assert page.run(script) == "TypeError"


def test_claims_are_text(page: Page) -> None:
    """Markup in a claim, in a group, in the key's id and in place of a token stays what it is."""
    pool = LocalUserPool("us-east-2_Production")
    tags = "return document.querySelectorAll('main img, main script').length"
    hostile = pool.access_token(HOSTILE, groups=[HOSTILE], claims={HOSTILE: HOSTILE})
    page.paste(pool, hostile)
    page.reads(VERDICT, "Accepted")
    page.shows(".part.payload pre", HOSTILE.replace('"', '\\"'))
    page.shows("#answers article .body", "<script>")
    by_header = pool.sign({"iss": HOSTILE}, headers={"kid": HOSTILE, "typ": HOSTILE})
    for token in (by_header, HOSTILE, f"{HOSTILE}.{HOSTILE}.{HOSTILE}"):
        page.paste(pool, token)
        page.shows(VERDICT, "Refused")
        assert page.run(tags) == 0
    assert page.browser.title == "cognito_guard playground"
    assert not [one for one in page.complaints() if "Trusted" in one or "Content Security" in one]


def test_keyboard_alone(page: Page) -> None:
    """Tab, arrows and Enter are enough, and the focus is always to be seen."""
    page.tab_to("[name=preset]")
    page.press(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    page.reads(VERDICT, "Refused: wrong_token_use")
    page.tab_to("[name=mode]")
    outline = "return getComputedStyle(document.activeElement.nextElementSibling).outlineStyle"
    assert page.run(outline) == "solid"
    page.tab_to("#kind")
    page.press("a")  # the access token
    page.reads(VERDICT, "Accepted")
    outline = "return getComputedStyle(document.activeElement).outlineStyle"
    assert page.run(outline) == "solid"
    page.tab_to("#scopes")
    page.press(Keys.BACKSPACE)
    page.reads("#preset-says", "A request of your own making.")
    page.tab_to("[name=route]")
    page.press(Keys.ARROW_DOWN)
    page.reads(VERDICT, "Refused: missing_scope")
    page.tab_to("button.primary")
    page.press(Keys.ENTER)
    page.tab_to("#fold")
    page.press(Keys.SPACE)
    assert page.run("return document.querySelectorAll('#rows .passed').length") > 10
    # The rows may just be replaced by those of the verdict that was asked for above.
    waiting.waiting(page.browser).until(
        lambda b: not b.find_element(By.CSS_SELECTOR, "#rows .passed").is_displayed()
    )
    page.tab_to("#answers .curl button")


def test_paste_by_keyboard(page: Page) -> None:
    """The arrows lead to the other half of the form, and Tab through it."""
    page.tab_to("[name=mode]")
    page.press(Keys.ARROW_RIGHT)
    page.shows("#verdict", "Paste a token and the settings")
    for field in ("token", "user_pool_id", "client_ids", "token_use", "jwks", "issuer"):
        page.tab_to(f"#{field}")
    page.tab_to("button.primary")
    page.press(Keys.ENTER)
    page.shows("#verdict", "Paste the token")


def test_verdict_is_announced(page: Page) -> None:
    """The verdict is a live region; each control and each region that scrolls has a name."""
    verdict = page.browser.find_element(By.ID, "verdict")
    assert verdict.aria_role == "status"
    for element in page.browser.find_elements(
        By.CSS_SELECTOR, "input, select, textarea, button, pre[tabindex]"
    ):
        if element.is_displayed():
            assert element.accessible_name, element.get_attribute("outerHTML")


@pytest.mark.parametrize("preset", ["id_token", "missing_group", "missing_scope", "other_balancer"])
def test_phone(page: Page, preset: str) -> None:
    """At 375 and 320 pixels nothing but the token's own boxes scrolls to the side."""
    for width in (375, 320):
        page.width(width)
        page.preset(preset)
        page.shows(VERDICT, "Refused")
        waiting.click(page.browser, "#fold")
        overflow = """
            const wide = [...document.querySelectorAll("main *, header *")].filter((e) =>
              !e.closest(".visually-hidden, .skip, thead, .curl pre") &&
              e.getBoundingClientRect().right > innerWidth + 0.5);
            return [document.documentElement.scrollWidth, wide.map((e) => e.outerHTML)];
        """
        assert page.run(overflow) == [width, []]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast(page: Page, scheme: str) -> None:
    """Every text has the contrast of WCAG 2.2, AA (4.5), by day and by night."""
    page.emulate(prefers_color_scheme=scheme, prefers_reduced_motion="reduce")
    light = page.run("return getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, light[4:-1].split(","))) > 384) is (scheme == "light")
    script = """
        const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
        const luminance = (colour) => {
          const [r, g, b] = channels(colour).slice(0, 3).map((c) => c / 255)
            .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
          return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const ground = (element) => {
          const colour = getComputedStyle(element).backgroundColor;
          return channels(colour)[3] === 0 ? ground(element.parentElement) : colour;
        };
        const poor = [];
        let looked = 0;
        for (const element of document.querySelectorAll("body *")) {
          const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
          if (!own || !element.checkVisibility() || element.closest(".skip")) continue;
          looked += 1;
          const both = [getComputedStyle(element).color, ground(element)].map(luminance);
          const ratio = (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
          if (ratio < 4.5) poor.push([ratio, element.outerHTML.slice(0, 120)]);
        }
        return [looked, poor];
    """
    for preset in ("good", "missing_group", "other_balancer"):
        page.preset(preset)
        page.reads("#preset-says", next(one.says for one in PRESETS if one.name == preset))
        looked, poor = page.run(script)
        assert looked > 100
        assert poor == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_picture(page: Page, scheme: str, tmp_path: Path) -> None:
    """The picture of the documentation can be taken, and is small enough to be loaded at once.

    It is written to the folder that PICTURES names: `PICTURES=docs/pictures`.
    """
    screen = {"width": 1200, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
    page.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    page.emulate(prefers_color_scheme=scheme, prefers_reduced_motion="reduce")
    page.preset("id_token")
    page.shows("#answers article .status", "401")
    waiting.click(page.browser, "#fold")
    page.run("document.activeElement.blur(); scrollTo(0, 0)")
    bottom = page.run("return document.querySelector('#result').getBoundingClientRect().bottom")
    picture = take_picture(page.browser, ceil(bottom) + 20)
    assert 20_000 < len(picture) < 200_000
    folder = Path(os.environ.get("PICTURES") or tmp_path)
    (folder / f"playground-{scheme}.png").write_bytes(picture)
