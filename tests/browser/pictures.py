"""Pictures of pages, small enough for the documentation: PNG with a palette of 256 colours."""

from __future__ import annotations

import struct
import zlib
from base64 import b64decode
from typing import Any

from selenium.webdriver import Chrome

__all__ = ["take_picture"]

_TO_PALETTE = """
    const [base64, done] = arguments;
    const image = new Image();
    image.src = `data:image/png;base64,${base64}`;
    image.decode().then(() => {
      const { width, height } = image;
      const context = new OffscreenCanvas(width, height).getContext("2d");
      context.drawImage(image, 0, 0);
      const pixels = new Uint32Array(context.getImageData(0, 0, width, height).data.buffer);
      const counts = new Map();
      for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
      // Colours that are alike share one place, under the one of them that is seen most often, so
      // that the many shades around a text leave room for what is rare.
      const counted = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
      const alike = new Map();
      for (const [pixel, count] of counted) {
        const group = alike.get(pixel & 0xf8f8f8) ?? { pixel, count: 0 };
        group.count += count;
        alike.set(pixel & 0xf8f8f8, group);
      }
      const channels = (pixel) => [pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255];
      const common = [...alike.values()].sort((a, b) => b.count - a.count || a.pixel - b.pixel);
      const palette = common.slice(0, 256).map((group) => channels(group.pixel));
      const distance = (a, b) => a.reduce((sum, one, i) => sum + (one - b[i]) ** 2, 0);
      const places = new Map(counted.map(([pixel]) => {
        const far = palette.map((one) => distance(one, channels(pixel)));
        return [pixel, far.indexOf(Math.min(...far))];
      }));
      let rows = "";
      for (const pixel of pixels) rows += String.fromCharCode(places.get(pixel));
      done([width, height, palette.flat(), btoa(rows)]);
    });
"""


def take_picture(browser: Chrome, height: int) -> bytes:
    """The upper part of the page, as a PNG. Leads away from the page: its policy may forbid what is
    done here."""
    screen = {"x": 0, "y": 0, "width": _width(browser), "height": height, "scale": 1}
    told = browser.execute_cdp_cmd(
        "Page.captureScreenshot", {"captureBeyondViewport": True, "clip": screen}
    )
    browser.get("about:blank")
    browser.set_script_timeout(60)
    width, height, palette, pixels = _run(browser, _TO_PALETTE, told["data"])
    return _png(width, height, bytes(palette), b64decode(pixels))


def _width(browser: Chrome) -> int:
    return int(browser.execute_script("return innerWidth"))  # type: ignore[no-untyped-call]


def _run(browser: Chrome, script: str, argument: str) -> Any:
    return browser.execute_async_script(script, argument)  # type: ignore[no-untyped-call]


def _png(width: int, height: int, palette: bytes, pixels: bytes) -> bytes:
    # PNG, third edition, section 11.2: eight bits a pixel, colour type 3, no filter.
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    rows = b"".join(b"\0" + pixels[at : at + width] for at in range(0, len(pixels), width))
    chunks = [
        (b"IHDR", header),
        (b"PLTE", palette),
        (b"IDAT", zlib.compress(rows, 9)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
