"""The checks' own test: a page without a fault passes all of them, and each planted fault is found by its check."""

import accessibility
from browser import NARROW, WIDE
from loopback import Handler, Server

POLICY = ("default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
STYLE = """
:root { color-scheme: light dark; --ink: #1a1a1a; --sheet: #fff; --quiet: #595959; --edge: #767676; --link: #0b57d0; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8e8e8; --sheet: #16181c; --quiet: #a8adb5; --edge: #8a9099; --link: #8ab4f8; } }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 sans-serif; color: var(--ink); background: var(--sheet); }
a { color: var(--link); }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.skip { position: absolute; left: -99em; } .skip:focus { left: 1em; }
nav ul { display: flex; flex-wrap: wrap; list-style: none; padding: 0; gap: 1em; }
nav a { display: inline-block; padding: .5em; }
.quiet, ::placeholder { color: var(--quiet); opacity: 1; }
input, button, select { font: inherit; padding: .4em; color: inherit; background: var(--sheet);
  border: 1px solid var(--edge); max-width: 100%; }
.strip { width: 12em; height: 2em; } .strip path { fill: none; stroke: var(--link); }
.bold { font-weight: 700; }
@media (max-width: 600px) { table, tbody, tr, th, td { display: block; } 
  thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; } }
"""
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Deliveries</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="style.css"></head>
<body><a class="skip" href="#main">Skip to the content</a>
<header><nav aria-label="Pages"><ul><li><a href="/">Overview</a></li><li><a href="/list">List</a></li></ul></nav></header>
<main id="main" tabindex="-1"><h1>Deliveries</h1>
<p>Three of them. <a href="/dead">One is dead</a>, which is <span class="quiet">no wonder</span>.</p>
<h2>Find</h2>
<form action="/list"><label for="route">Route</label> <input id="route" name="route" placeholder="/webhooks" list="routes">
<datalist id="routes"><option value="/webhooks"></datalist> <button>Show</button></form>
<h2>All</h2>
<table role="table"><caption>The newest</caption><thead role="rowgroup"><tr role="row"><th scope="col" role="columnheader">Id</th>
<th scope="col" role="columnheader">State</th></tr></thead><tbody role="rowgroup"><tr role="row"><th scope="row" role="rowheader">
<a href="/1">0193-1</a></th><td role="cell">dead</td></tr></tbody></table>
<svg class="strip" role="img" aria-label="5 a minute" viewBox="0 0 60 10"><path d="M0 9 L30 2 L60 5"/></svg>
<form method="post" action="/1/replay"><button>Replay</button></form>
</main><footer><p class="quiet">As of now.</p></footer></body></html>
"""


def add(markup):
    """Into the page, before the end of its main."""
    return "</main>", markup + "</main>"


# Which check finds it, what is planted, what of the page or its style sheet it replaces and by what, and what is said.
PLANTED = [
    ("document", "no language", ' lang="en"', "", "has no language"),
    ("document", "no title", "<title>Deliveries</title>", "", "has no title"),
    ("document", "zooming forbidden", "initial-scale=1", "initial-scale=1, user-scalable=no", "zooming is forbidden"),
    ("document", "no viewport", '<meta name="viewport" content="width=device-width, initial-scale=1">', "", "no viewport"),
    ("document", "no main", '<main id="main" tabindex="-1">', '<div id="main" tabindex="-1">', "not one main"),
    ("document", "two h1", "<h2>All</h2>", "<h1>All</h1>", "not one h1"),
    ("document", "a level left out", "<h2>All</h2>", "<h4>All</h4>", "level is skipped"),
    ("document", "a nav without a name", ' aria-label="Pages"', "", "a nav has no name"),
    ("document", "text outside of landmarks", "<footer>", "<div>stray words</div><footer>", "outside of the landmarks"),
    ("document", "a skip link to nowhere", 'href="#main"', 'href="#content"', "leads nowhere"),
    ("document", "an id twice", *add('<p id="route">x</p>'), "there twice"),
    ("document", "a link without a name", ">One is dead</a>", "></a>", "a link has no name"),
    ("document", "a button without a name", "<button>Replay</button>", "<button></button>", "a button has no name"),
    ("document", "a field with an example alone", '<label for="route">Route</label>', "", "a field has no label"),
    ("document", "a label of nothing", *add('<label for="gone">Gone</label>'), "for leads nowhere"),
    ("document", "two buttons of one name", *add('<form method="post" action="/2/replay"><button>Replay</button></form>'),
     "two buttons of one name"),
    ("document", "a table without a caption", "<caption>The newest</caption>", "", "has no caption"),
    ("document", "a heading without a scope", '<th scope="col" role="columnheader">State', "<th>State", "no scope"),
    ("document", "a row that is too short", '<td role="cell">dead</td>', "", "of different lengths"),
    ("document", "a row without a heading", '<th scope="row" role="rowheader">', "<td>", "a row has no heading"),
    ("document", "a drawing without a name", ' role="img" aria-label="5 a minute"', "", "neither named nor hidden"),
    ("document", "the focus on what is hidden", *add('<p aria-hidden="true"><a href="/2">more</a></p>'), "takes the focus is hidden"),
    ("document", "a table that some browsers forget on a phone", ' role="table"', "", "role is not written out"),
    ("same", "headings that are gone on a phone", "  thead { position", "  thead { display: none; position",
     "a narrow screen has other tables"),
    ("document", "it loads itself again", "<title>", '<meta http-equiv="refresh" content="60"><title>', "nothing stops that"),
    ("document", "a script", *add("<script>document.title = 'taken over'</script>"), "no place here: script"),
    ("console", "a script that the policy stops", *add("<script>document.title = 'taken over'</script>"), "script-src"),
    ("console", "a style attribute", *add('<p style="color: red">x</p>'), "style-src"),
    ("document", "an event's attribute", *add('<p onclick="alert(1)">x</p>'), "an attribute onclick"),
    ("console", "a picture from elsewhere", *add('<img alt="a" src="http://127.0.0.1:9/a.png">'), "img-src"),
    ("console", "a frame", *add('<iframe title="f" src="/list"></iframe>'), "frame-src"),
    ("document", "an address that runs", *add('<p><a href="javascript:alert(1)">x</a></p>'), "runs something"),
    ("document", "an address of elsewhere", *add('<p><a href="https://evil.example/">x</a></p>'), "an address of elsewhere"),
    ("console", "a message on the console", 'href="style.css"', 'href="gone.css"', "404"),
    ("weight", "too many bytes", *add("<p>" + "many words " * 30_000 + "</p>"), "bytes"),
    ("weight", "a mark that turns text around", "One is dead", "One is \u202edead", "turns text"),
    ("looks", "text sticks out", *add("<p>" + "x" * 400 + "</p>"), "the window 380"),
    ("looks", "a field that is too small", ".bold {", "#route { height: 12px; padding: 0; } .bold {", "too small"),
    ("looks", "pale text", "--quiet: #595959", "--quiet: #999999", "text has a contrast of 2.8"),
    ("dark", "pale text in the dark alone", "--quiet: #a8adb5", "--quiet: #555555", "text has a contrast of"),
    ("looks", "pale text by opacity", ".bold {", ".quiet { opacity: .5; } .bold {", "text has a contrast of"),
    ("looks", "pale text in another notation", "--quiet: #595959", "--quiet: oklch(70% 0 0)", "text has a contrast of"),
    ("looks", "a pale example", "::placeholder {", "::placeholder { opacity: .6 !important;", "example has a contrast"),
    ("looks", "a pale edge", "--edge: #767676", "--edge: #dddddd", "a field's edge"),
    ("looks", "a pale drawing", "stroke: var(--link)", "stroke: #eeeeee", "a drawing has a contrast"),
    ("looks", "text before a picture", "body { margin", "body { background-image: linear-gradient(red, blue) !important; margin",
     "before a picture"),
    ("looks", "a link told by its colour", "a { color: var(--link); }", "a { color: #333; text-decoration: none; }",
     "by its colour alone"),
    ("looks", "text that is cut off", *add('<p class="cut">' + "cut off " * 40 + "</p>"), "cut off"),
    ("keys", "no focus to be seen", "outline: 2px solid var(--link);", "outline: none;", "nobody sees that it has the focus"),
    ("keys", "a pale focus", "outline: 2px solid var(--link);", "outline: 2px solid #eeeeee;", "its focus has a contrast"),
    ("keys", "the focus out of sight", ".skip:focus { left: 1em; }", "", "out of sight"),
    ("keys", "a turn of its own", '<button>Show', '<button tabindex="2">Show', "out of its turn"),
    ("motion", "motion", ".bold {", "a { transition: color 1s; } .bold {", "it moves"),
]
ALWAYS = " .cut { overflow: hidden; white-space: nowrap; width: 10em; }"

class Site(Server):
    """Serves one page and its style sheet, with the inspector's policy."""

    def __init__(self):
        self.page, self.style = PAGE, STYLE
        site = self

        class Page(Handler):
            def do_GET(self):
                kind = "text/css" if self.path == "/style.css" else "text/html; charset=utf-8"
                body = (site.style if kind == "text/css" else site.page).encode()
                self.answer(404 if self.path == "/gone.css" else 200, kind, body, [
                    ("Content-Security-Policy", POLICY), ("Cache-Control", "no-store")])

        super().__init__(Page)
        self.address = "http://127.0.0.1:%d/" % self.port

    def plant(self, before, after):
        self.page, self.style = PAGE, STYLE + ALWAYS
        if not before:
            return
        if before in self.style:
            self.style = self.style.replace(before, after)
        elif before in PAGE:
            self.page = PAGE.replace(before, after)
        else:
            raise RuntimeError("nothing to plant it in: " + before)


def looked(browser, address, width=NARROW, dark=False):
    browser.look(width, dark)
    browser.open(address)
    return accessibility.looks(browser)


def opened(browser, address, check):
    browser.look(WIDE)
    browser.open(address)
    return check(browser)


CHECKS = {
    "looks": looked,
    "dark": lambda browser, address: looked(browser, address, WIDE, dark=True),
    "document": lambda *of: opened(*of, accessibility.document),
    "weight": lambda *of: opened(*of, accessibility.weight),
    "keys": lambda *of: opened(*of, accessibility.keys),
    "motion": lambda *of: opened(*of, accessibility.motion),
    "same": lambda *of: opened(*of, accessibility.same_tables),
    "console": lambda *of: opened(*of, lambda browser: browser.console()),
}


def run(report, browser):
    report.begin("planted")
    site = Site()
    try:
        site.plant("", "")
        for name, check in CHECKS.items():
            found = check(browser, site.address)
            report.check("in a page without a fault %s finds none" % name, not found, "; ".join(found))
        for kind, name, before, after, expected in PLANTED:
            site.plant(before, after)
            browser.console()
            found = CHECKS[kind](browser, site.address)
            report.check("planted, %s: %s finds it" % (name, kind), any(expected in one for one in found),
                         "; ".join(found) or "nothing found")
    finally:
        site.close()
