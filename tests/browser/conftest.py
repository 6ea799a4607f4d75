"""A real browser for the tests of this folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from selenium.webdriver import Chrome, ChromeOptions, ChromeService

from ..needs import need
from ..ports import free_port

PATIENCE_SECONDS = 60
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def browser() -> Iterator[Chrome]:
    """Chromium without a window, which reaches nothing but this machine."""
    program = next(filter(None, map(shutil.which, _BROWSERS)), None)
    driver = shutil.which("chromedriver")
    need(bool(program and driver), "Chromium (apt-get install chromium chromium-driver)")
    options = ChromeOptions()
    options.binary_location = str(program)
    for argument in (
        "--headless=new",
        "--no-sandbox",  # in a container, root has no other way
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--window-size=1200,2000",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ):
        options.add_argument(argument)
    # Left to itself, Selenium looks for a port among those that any connection may take meanwhile.
    service = ChromeService(driver, port=free_port(), log_output=os.devnull)
    chrome = Chrome(options, service)
    try:
        yield chrome
    finally:
        chrome.quit()
