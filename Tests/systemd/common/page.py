"""A page of the project's own: its blocks, each with the heading that it stands under."""
import collections
import glob
import gzip
import re

Block = collections.namedtuple("Block", "heading kind text")
FENCE = re.compile(r"(?ms)^## (?P<heading>[^\n]+)$|^```(?P<kind>[^\n]*)\n(?P<text>.*?)^```$")


def blocks(text):
    heading, found = "", []
    for match in FENCE.finditer(text):
        if match["heading"]:
            heading = match["heading"]
        else:
            found.append(Block(heading, match["kind"], match["text"]))
    return found


def installed(name):
    """The text of a page as the package brings it."""
    path = glob.glob("/usr/share/doc/vesigate/%s*" % name)[0]
    with (gzip.open if path.endswith(".gz") else open)(path, "rt") as file:
        return file.read()


def commands(name, heading, kind="sh"):
    """The blocks of commands below a heading of an installed page, in order."""
    return [block.text for block in blocks(installed(name)) if (block.heading, block.kind) == (heading, kind)]
