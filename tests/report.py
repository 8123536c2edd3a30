#!/usr/bin/env python3
"""Opens reports in a browser and holds them to what a page must be.

    python tests/report.py REPORT.html [...] [--screenshots DIR]

Needs Debian's chromium and chromium-driver, and pip's selenium. What it asserts, in light and in dark, at
several widths: no message on the console, nothing loaded, no script; no sideways scrolling of the page; no text
in a chart over another or outside; contrast of all text; as many rows as the comparison beside it has; pages to
print on which no table is cut off.
"""

import argparse
import base64
import json
import sys
from pathlib import Path

from selenium import webdriver

WIDTHS = [360, 768, 1280]
# WCAG's AA for text of any size.
LEAST_CONTRAST = 4.5

OVERLAPS = """
const troubles = [];
for (const svg of document.querySelectorAll("svg.chart")) {
  const outer = svg.getBoundingClientRect();
  const texts = [...svg.querySelectorAll("text")].filter(text => text.textContent.trim());
  const boxes = texts.map(text => text.getBoundingClientRect());
  texts.forEach((text, index) => {
    const a = boxes[index];
    if (a.left < outer.left - 1 || a.right > outer.right + 1 || a.top < outer.top - 1 || a.bottom > outer.bottom + 1)
      troubles.push(`"${text.textContent}" leaves its chart`);
    boxes.slice(index + 1).forEach((b, more) => {
      if (a.left < b.right && b.left < a.right && a.top + 1 < b.bottom && b.top + 1 < a.bottom)
        troubles.push(`"${text.textContent}" lies over "${texts[index + 1 + more].textContent}"`);
    });
  });
}
return troubles;
"""

CONTRASTS = """
const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
canvas.canvas.width = canvas.canvas.height = 1;
// Any colour that CSS knows, over another.
const over = (colour, ground) => {
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = `rgb(${ground.join(" ")})`;
  canvas.fillRect(0, 0, 1, 1);
  canvas.fillStyle = colour;
  canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
};
const luminance = colour => {
  const [r, g, b] = colour.map(part => part / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const page = arguments[0] ? [16, 20, 24] : [255, 255, 255];
const ground = element => {
  const colours = [];
  for (let at = element; at; at = at.parentElement) colours.unshift(getComputedStyle(at).backgroundColor);
  return colours.reduce((below, colour) => over(colour, below), page);
};
const found = new Map();
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement;
  if (!walker.currentNode.textContent.trim() || !element.getClientRects().length) continue;
  if (element.closest("title, desc, style, legend")) continue;
  const style = getComputedStyle(element);
  const below = ground(element);
  const text = over(element.closest("svg") ? style.fill : style.color, below);
  const [a, b] = [luminance(text), luminance(below)];
  const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  const words = walker.currentNode.textContent.trim().slice(0, 40);
  found.set(`${text} on ${below}`, [contrast, words, String(text), String(below)]);
}
return [...found.values()];
"""


def browser():
    options = webdriver.ChromeOptions()
    for argument in ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars"]:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))


class Page:
    """A report in the browser."""

    def __init__(self, driver, path):
        self.driver = driver
        self.path = path
        self.troubles = []
        driver.get_log("browser"), driver.get_log("performance")
        driver.get(path.resolve().as_uri())

    def check(self, holds, sentence):
        if not holds:
            self.troubles.append(sentence)

    def script(self, code, *arguments):
        return self.driver.execute_script(code, *arguments)

    def show(self, width, scheme, media="screen"):
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False,
        })
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "media": media, "features": [{"name": "prefers-color-scheme", "value": scheme}],
        })

    def loads_nothing(self):
        for entry in self.driver.get_log("browser"):
            self.check(False, f"the console says {entry['message']}")
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                url = message["params"]["request"]["url"]
                own = url == self.path.resolve().as_uri() or url.startswith("data:")
                self.check(own, f"it loads {url[:80]}")
        self.check(self.script("return document.scripts.length") == 0, "there is a script")

    def fits(self, where):
        wide, seen = self.script(
            "const page = document.documentElement; return [page.scrollWidth, page.clientWidth]"
        )
        self.check(wide <= seen, f"{where}: the page is {wide} wide and scrolls sideways")

    def reads(self, where, scheme):
        for trouble in self.script(OVERLAPS):
            self.check(False, f"{where}: {trouble}")
        found = self.script(CONTRASTS, scheme == "dark")
        self.check(len(found) > 2, f"{where}: hardly any text")
        for contrast, words, text, ground in found:
            self.check(
                contrast >= LEAST_CONTRAST,
                f"{where}: {words!r} ({text} on {ground}) has a contrast of {contrast:.2f}",
            )

    def has_every_row(self):
        comparison = self.path.parent / "compare.json"
        if comparison.is_file():
            wanted = len(json.loads(comparison.read_text())["rows"])
            rows = self.script("return document.querySelectorAll('tr[data-row]').length")
            self.check(rows == wanted, f"the table has {rows} rows, and {comparison} has {wanted}")

    def prints(self):
        # A4 on its side, without margins, in CSS's pixels.
        self.show(1032, "dark", "print")
        cut = self.script(
            "return [...document.querySelectorAll('.scroll, pre')].filter(box => box.scrollWidth > box.clientWidth + 1)"
            ".map(box => `${box.getAttribute('aria-labelledby') || box.getAttribute('aria-label') || 'a command'}, ${box.scrollWidth} wide`)"
        )
        self.check(not cut, f"on paper is cut off: {cut}")
        ground = self.script("return getComputedStyle(document.body).backgroundColor")
        self.check(ground == "rgb(255, 255, 255)", f"on paper the ground is {ground}")
        pdf = self.driver.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True, "printBackground": True})
        pdf = base64.b64decode(pdf["data"])
        pages = pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ")
        self.check(pdf.startswith(b"%PDF") and pages > 0, f"printing gives {len(pdf)} bytes with {pages} pages")
        return pdf

    def picture(self, path, width):
        height = self.script("return document.documentElement.scrollHeight")
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        shot = self.driver.execute_cdp_cmd(
            "Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip}
        )
        path.write_bytes(base64.b64decode(shot["data"]))


def check(driver, path, screenshots):
    page = Page(driver, path)
    page.loads_nothing()
    page.has_every_row()
    stem = f"{path.resolve().parent.name}-{path.stem}"
    for width in WIDTHS:
        for scheme in ["light", "dark"]:
            page.show(width, scheme)
            where = f"{width} wide, {scheme}"
            page.fits(where)
            page.reads(where, scheme)
            if screenshots:
                page.picture(screenshots / f"{stem}-{width}-{scheme}.png", width)
    # What is folded up must fit as well.
    page.show(WIDTHS[0], "light")
    page.script("document.querySelectorAll('details').forEach(details => details.open = true)")
    page.fits(f"{WIDTHS[0]} wide, unfolded")
    pdf = page.prints()
    if screenshots:
        (screenshots / f"{stem}.pdf").write_bytes(pdf)
    return page.troubles


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("reports", nargs="+", type=Path, metavar="REPORT.html")
    parser.add_argument("--screenshots", type=Path, metavar="DIR", help="write what was seen there")
    options = parser.parse_args()
    if options.screenshots:
        options.screenshots.mkdir(parents=True, exist_ok=True)
    driver = browser()
    failed = 0
    try:
        for path in options.reports:
            troubles = check(driver, path, options.screenshots)
            failed += bool(troubles)
            print(f"{path}: {'ok' if not troubles else ''}", *troubles, sep="\n  ")
    finally:
        driver.quit()
    if failed:
        sys.exit(f"{failed} of {len(options.reports)} reports are not as they must be")


if __name__ == "__main__":
    main()
