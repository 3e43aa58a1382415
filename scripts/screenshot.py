"""Take the README's picture from a running demo, given the sign-in link that `make demo` prints and a file."""

from __future__ import annotations

import shutil
import sys

from playwright.sync_api import ViewportSize, sync_playwright

SIZE: ViewportSize = {"width": 1440, "height": 900}
FLAGS = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
QUIET_MS = 4_000


def main(link: str, picture: str, page_address: str = "") -> int:
    """Sign in by the link, go to the page if one is named, wait until the map is still, and save the picture."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page(viewport=SIZE, color_scheme="light")
        page.goto(link)
        page.wait_for_selector("canvas.maplibregl-canvas")
        if page_address:
            page.goto(link.split("#", maxsplit=1)[0] + page_address)
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(QUIET_MS)
        page.screenshot(path=picture)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
