"""The documentation as a site: on a desktop and on a phone, in light and in dark, by keyboard."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from example_apps.serving import serve

from ..needs import need
from .waiting import waiting

DOCS = Path(__file__).parents[2] / "docs"
DESKTOP, PHONE = 1280, 375
# Each has something that the others have not: tabs, cards, pictures, wide tables, long names.
PAGES = [
    *("index", "tutorial", "concepts", "django", "configuration", "errors", "explain", "login"),
    *("load-balancer", "performance", "recipes"),
]

# The text that stands out too little from its ground, by WCAG 2.2, 1.4.3 (AA).
_FAINT = """
document.getAnimations().forEach(animation => animation.finish());
const channel = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
const parse = text => text.match(/[\\d.]+/g).map(Number);
const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
const over = ([r, g, b, a = 1], under) => [r, g, b].map((c, i) => c * a + under[i] * (1 - a));
const ground = element => {
    if (!element) return [255, 255, 255];
    const own = parse(getComputedStyle(element).backgroundColor);
    return own.length === 3 ? own : over(own, ground(element.parentElement));
};
const faint = new Set();
for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].filter(n => n.nodeType === 3 && n.textContent.trim());
    if (!own.length || !element.checkVisibility({visibilityProperty: true, opacityProperty: true}))
        continue;
    const style = getComputedStyle(element), size = parseFloat(style.fontSize);
    const least = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
    const below = ground(element), ink = over(parse(style.color), below);
    const [dark, light] = [luminance(below), luminance(ink)].sort((a, b) => a - b);
    const contrast = (light + 0.05) / (dark + 0.05);
    if (contrast < least)
        faint.add(`${element.tagName} .${element.className}: ${style.color}, ${contrast}`);
}
return [...faint];
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, as `make docs` builds it."""
    need(find_spec("furo") is not None, "Sphinx and furo: pip install --group docs")
    folder = tmp_path_factory.mktemp("docs")
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", DOCS, folder],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def site(built: Path) -> Iterator[str]:
    """The address of the site."""
    app = Starlette(routes=[Mount("/", StaticFiles(directory=built, html=True))])
    with serve(app) as origin:
        yield origin


def be(browser: Chrome, width: int, theme: str = "light") -> None:
    """Be a screen that is so many pixels wide, of somebody who prefers a theme."""
    screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width == PHONE}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    prefers = [{"name": "prefers-color-scheme", "value": theme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": prefers})


def width_of(browser: Chrome) -> int:
    """How wide the page is, with what one has to scroll to."""
    width: int = browser.execute_script("return document.documentElement.scrollWidth")
    return width


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
@pytest.mark.parametrize("page", PAGES)
def test_a_page(browser: Chrome, site: str, page: str, width: int) -> None:
    """It fits its screen, every text stands out, its pictures are there and of the theme, nothing
    fails, and nothing comes from elsewhere."""
    be(browser, width)
    browser.get(f"{site}/{page}.html")
    assert width_of(browser) <= width
    for theme in ("light", "dark"):
        be(browser, width, theme)
        assert browser.execute_script(_FAINT) == [], theme
        shown = [
            picture.get_attribute("src")
            for picture in browser.find_elements(By.CSS_SELECTOR, "article img.picture")
            if picture.is_displayed() and picture.get_property("naturalWidth")
        ]
        expected = re.findall(
            r"\]\((pictures/[\w-]+)-light\.svg\)", (DOCS / f"{page}.md").read_text()
        )
        assert [f"pictures/{Path(str(src)).stem}" for src in shown] == [
            f"{name}-{theme}" for name in expected
        ]
    loaded = browser.execute_script("return performance.getEntries().map(entry => entry.name)")
    addresses = [one for one in loaded if "://" in one]
    assert addresses
    assert [one for one in addresses if not one.startswith(f"{site}/")] == []
    assert browser.get_log("browser") == []


def test_no_page_scrolls_sideways_on_a_phone(browser: Chrome, site: str, built: Path) -> None:
    """Whatever is wide scrolls in its own box."""
    be(browser, PHONE)
    wide = {}
    for page in sorted(built.rglob("*.html")):
        name = page.relative_to(built).as_posix()
        browser.get(f"{site}/{name}")
        wide[name] = width_of(browser)
    assert len(wide) > 30
    assert {name: width for name, width in wide.items() if width > PHONE} == {}


def test_no_page_asks_anybody_else_for_anything(built: Path) -> None:
    """Scripts, styles, fonts and pictures are the site's own. Links may lead elsewhere."""
    for page in built.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        asked = re.findall(r"<(?:link|script|img|source|iframe)\b[^>]*>", text)
        assert asked
        assert [tag for tag in asked if re.search(r"(?:href|src|srcset)=\"(?:\w+:)?//", tag)] == []
    styles = "".join(path.read_text(encoding="utf-8") for path in built.rglob("*.css"))
    assert not re.search(r"(?:@import|url\()\s*[\"']?(?:https?:)?//", styles)


def focused(browser: Chrome) -> WebElement:
    """Where the keyboard is."""
    return browser.switch_to.active_element


def shown_tab(browser: Chrome) -> str:
    """The example that is shown."""
    panels: list[WebElement] = browser.find_elements(By.CSS_SELECTOR, ".sd-tab-content")
    (shown,) = [panel for panel in panels if panel.is_displayed()]
    return shown.text


def test_tabs_by_keyboard(browser: Chrome, site: str) -> None:
    """The arrow keys show the next example and the one before, and one sees where one is."""
    be(browser, DESKTOP)
    browser.get(f"{site}/index.html")
    assert "FastAPI()" in shown_tab(browser)
    browser.execute_script("document.querySelector('.sd-tab-set > input').focus()")
    focused(browser).send_keys(Keys.ARROW_RIGHT)
    assert "Starlette(" in shown_tab(browser)
    label = browser.find_element(By.CSS_SELECTOR, ".sd-tab-set > input:focus + label")
    assert label.text == "Starlette"
    assert label.value_of_css_property("outline-style") == "solid"
    focused(browser).send_keys(Keys.ARROW_LEFT)
    assert "FastAPI()" in shown_tab(browser)


def test_copy_buttons_by_keyboard(browser: Chrome, site: str) -> None:
    """A button that has the focus is seen, and copies what is to be run, without a prompt. What is
    output alone has none."""
    be(browser, DESKTOP)
    permissions: dict[str, Any] = {"origin": site, "permissions": ["clipboardReadWrite"]}
    browser.execute_cdp_cmd("Browser.grantPermissions", permissions)
    browser.get(f"{site}/lambda.html")
    blocks = waiting(browser).until(
        lambda b: b.find_elements(By.CSS_SELECTOR, "div.highlight:has(.gp):has(button.copybtn)")
    )
    button = blocks[0].find_element(By.CSS_SELECTOR, "button.copybtn")
    browser.execute_script("arguments[0].focus({focusVisible: true})", button)
    waiting(browser).until(lambda _: button.value_of_css_property("opacity") == "1")
    assert button.get_attribute("data-tooltip") == "Copy"
    # The mark of a success goes away by itself, before a busy machine may have looked.
    browser.execute_script(
        """new MutationObserver(() => {
          if (arguments[0].classList.contains("success")) document.body.dataset.copied = "yes";
        }).observe(arguments[0], {attributeFilter: ["class"]});""",
        button,
    )
    button.send_keys(Keys.ENTER)
    waiting(browser).until(lambda b: b.find_element(By.CSS_SELECTOR, "body[data-copied]"))
    copied = browser.execute_async_script(
        "navigator.clipboard.readText().then(arguments[arguments.length - 1])"
    )
    assert copied.startswith("http_api = LocalApiGateway(")
    assert ">>>" not in copied
    browser.get(f"{site}/index.html")
    assert browser.find_elements(By.CSS_SELECTOR, ".highlight-python button.copybtn")
    assert not browser.find_elements(By.CSS_SELECTOR, ".highlight-text button.copybtn")


def test_a_whole_card_leads_on(browser: Chrome, site: str) -> None:
    """Not its title alone; and the keyboard stops once at each."""
    be(browser, PHONE)
    browser.get(f"{site}/index.html")
    cards = browser.find_elements(By.CSS_SELECTOR, ".sd-card")
    assert len(cards) >= 6
    for card in cards:
        (link,) = card.find_elements(By.CSS_SELECTOR, "a")
        there = browser.execute_script(
            """arguments[0].scrollIntoView({block: "center", behavior: "instant"});
            const {left, right, top, bottom} = arguments[0].getBoundingClientRect();
            return document.elementFromPoint((left + right) / 2, (top + bottom) / 2);""",
            card,
        )
        assert there == link


def test_search(browser: Chrome, site: str) -> None:
    """It finds the page of a reason, without asking anybody else."""
    be(browser, DESKTOP)
    browser.get(f"{site}/search.html?q=sender_constrained")
    # What it has found comes one by one.
    waiting(browser).until(
        lambda b: any(
            "Errors" in link.text for link in b.find_elements(By.CSS_SELECTOR, "ul.search li a")
        )
    )
    assert browser.get_log("browser") == []
