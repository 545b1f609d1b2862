# ruff: noqa: INP001 - a script, not a package
"""Take the manual's pictures anew: the example site in Chromium, at its own moment, as docs/pictures/*.webp.

python tools/pictures.py

Needs a Chromium on the PATH and the fonts that `make test` installs. The browser stands at the demonstration's clock,
so that "in 1 minute" is said as a reader would have read it; the same site gives the same pictures on the same machine.
"""

from __future__ import annotations

import base64
import functools
import http.server
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from publisher import app
from publisher.adapters.site_folder import write_site
from publisher.cli.preview_mail import FOLDER, mail_pages

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
MAX_BYTES = 120 * 1024
INCIDENT = "incidents/2026-11-20-card-payments-eu/"
PHONE, DESKTOP = (390, 844), (1200, 840)
QUALITY = 0.82
_ENCODE = """async ([png, quality]) => {
  const bytes = await (await fetch(`data:image/png;base64,${png}`)).blob();
  const bitmap = await createImageBitmap(bytes);
  const canvas = Object.assign(document.createElement("canvas"), { width: bitmap.width, height: bitmap.height });
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
  return canvas.toDataURL("image/webp", quality).split(",")[1];
}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture: what page, at which size and in which light."""

    name: str
    path: str
    size: tuple[int, int] = DESKTOP
    dark: bool = False
    locale: str = "en-GB"
    script: bool = True
    anchor: str = ""


MAIL = "mail.html"
WANTED = (
    Picture(name="home-desktop", path=""),
    Picture(name="home-desktop-dark", path="", dark=True),
    Picture(name="home-phone", path="", size=PHONE),
    Picture(name="home-phone-dark", path="", size=PHONE, dark=True),
    Picture(name="home-phone-arabic", path="ar/", size=PHONE, locale="ar"),
    Picture(name="incident-desktop", path=INCIDENT),
    Picture(name="incident-desktop-dark", path=INCIDENT, dark=True),
    Picture(name="incident-phone", path=INCIDENT, size=PHONE),
    Picture(name="incident-phone-dark", path=INCIDENT, size=PHONE, dark=True),
    Picture(name="incident-phone-arabic", path=f"ar/{INCIDENT}", size=PHONE, locale="ar"),
    Picture(name="components-desktop", path="", anchor="#components"),
    Picture(name="component-desktop", path="components/checkout/"),
    Picture(name="history-phone", path="history/", size=PHONE),
    Picture(name="subscribe-desktop", path="subscribe/"),
    Picture(name="lite-phone", path="lite/", size=PHONE, script=False),
    Picture(name="mail-phone", path=MAIL, size=PHONE, script=False),
)


def main() -> int:
    """Build the example, take every picture, and say how large each became."""
    now = app.site_clock(ROOT)
    chromium = next(
        (p for name in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(name))), None
    )
    if now is None or chromium is None:
        sys.stderr.write("pictures: there is no Chromium, or mkdocs.yml has no clock.\n")
        return 1
    built = app.build(ROOT, now=now)
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder)
        write_site(site, app.unpublished(built))
        mails = mail_pages(built, frozenset())
        newest = next(u for i in built.views["en"].incidents if i.open for u in i.updates)
        (site / MAIL).write_bytes(mails[f"{FOLDER}en/{newest.id}.html"].body)
        with serving(site) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            studio = browser.new_page()
            for picture in WANTED:
                with reading(browser, picture) as page:
                    page.clock.install(time=now)
                    page.goto(f"{address}{picture.path}{picture.anchor}")
                    png = page.screenshot(animations="disabled")
                webp = base64.b64decode(studio.evaluate(_ENCODE, [base64.b64encode(png).decode(), QUALITY]))
                (PICTURES / f"{picture.name}.webp").write_bytes(webp)
                sys.stdout.write(f"{picture.name}.webp {len(webp):,} bytes\n")
                if len(webp) > MAX_BYTES:
                    sys.stderr.write(f"pictures: {picture.name} is larger than {MAX_BYTES:,} bytes.\n")
                    return 1
            browser.close()
    return 0


@contextmanager
def reading(browser: Browser, picture: Picture) -> Iterator[Page]:
    """Open a page as such a reader would."""
    width, height = picture.size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        device_scale_factor=1.5,
        color_scheme="dark" if picture.dark else "light",
        locale=picture.locale,
        timezone_id="Etc/UTC",
        java_script_enabled=picture.script,
        reduced_motion="reduce",
    )
    try:
        yield context.new_page()
    finally:
        context.close()


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve a folder on the loopback interface until the block ends."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class has it so
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


if __name__ == "__main__":
    sys.exit(main())
