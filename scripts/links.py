#!/usr/bin/env python3
"""Checks that the links of the Markdown pages, and the pages that code comments name, exist.

    python3 scripts/links.py

Of every Markdown file that Git tracks or would add: relative links and images, in Markdown and in HTML, and anchors of
headings as GitHub forms them. Of all other text files: the pages under docs/ that they mention. Addresses on the web are
not tried. Prints each link that leads nowhere, and exits with 1 if there is one.
"""

import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parent.parent
CODE_BLOCK = re.compile(r"^(```|~~~).*?^\1", re.S | re.M)
CODE_SPAN = re.compile(r"`[^`\n]*`")
LINK = re.compile(r"\]\(\s*<?([^)\s>]+)>?[^)]*\)|(?:href|src)=\"([^\"]+)\"")
HEADING = re.compile(r"^#{1,6} +(.+?) *#* *$", re.M)
MENTION = re.compile(r"(?<![\w/.-])(?:docs/[\w./-]+\.(?:md|csv|txt|png|html|json)|(?:README|DESIGN|CONTRIBUTING)\.md#[\w-]+)")


def files():
    command = ["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def anchors(page, known={}):
    """The anchors that GitHub gives a page's headings; equal ones are numbered."""
    if page not in known:
        found, counts = set(), {}
        for heading in HEADING.findall(CODE_BLOCK.sub("", page.read_text(encoding="utf-8"))):
            text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
            anchor = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
            number = counts.get(anchor, 0)
            counts[anchor] = number + 1
            found.add(f"{anchor}-{number}" if number else anchor)
        known[page] = found
    return known[page]


def trouble(page, target):
    """What is wrong with a link, or None."""
    path, _, anchor = unquote(target).partition("#")
    place = (page.parent / path).resolve() if path else page
    if not place.exists():
        return "there is no such file"
    if not place.is_relative_to(ROOT):
        return "it leads out of the repository"
    if anchor and place.suffix == ".md" and anchor not in anchors(place):
        return "the page has no such heading"
    return None


def links(file):
    """The links of a Markdown page; of another file, the pages that it mentions, from the repository's root."""
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return
    if file.suffix == ".md":
        text = CODE_SPAN.sub("``", CODE_BLOCK.sub("", text))
        for markdown, html in LINK.findall(text):
            target = markdown or html
            if not re.match(r"[a-z][a-z0-9+.-]*:|//", target):
                yield file, target
    elif file.suffix != ".html":
        for mention in MENTION.findall(text):
            yield ROOT / "README.md", mention


def main():
    wrong, count = [], 0
    for file in files():
        for page, target in links(file):
            count += 1
            if why := trouble(page, target):
                wrong.append(f"{file.relative_to(ROOT)}: {target}: {why}")
    if not count:
        wrong.append("no link was found")
    if wrong:
        sys.exit("\n".join(f"error: {line}" for line in wrong))
    print(f"{count} links lead somewhere")


if __name__ == "__main__":
    main()
