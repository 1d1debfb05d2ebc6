#!/usr/bin/env python3
"""changelog.py CHANGELOG.md VERSION: Debian's changelog, one entry with what CHANGELOG.md says of its newest
version, dated SOURCE_DATE_EPOCH."""
import email.utils
import os
import re
import sys
import textwrap


def bullets(markdown):
    """The bullets of the first section that has any, each on one line."""
    for section in re.split(r"(?m)^## ", markdown)[1:]:
        found = re.findall(r"(?m)^- (.*(?:\n  .*)*)", section)
        if found:
            return [" ".join(bullet.split()).replace("`", "'") for bullet in found]
    raise SystemExit("changelog.py: there is nothing in the changelog")


def main():
    path, version = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        changes = bullets(file.read())
    print(f"vesigate ({version}) unstable; urgency=medium\n")
    for change in changes:
        print(textwrap.fill(change, 78, initial_indent="  * ", subsequent_indent="    "))
    date = email.utils.formatdate(int(os.environ["SOURCE_DATE_EPOCH"]))
    print(f"\n -- The vesigate project <vesigate@packages.invalid>  {date}")


main()
