"""Who is refused, as bytes on the socket and as a real browser would be made to ask: foreign names, foreign pages,
frames, and what an attacker learns of a page that he may not read."""

from browser import FOREIGN_HOST
from common.shell import eventually
from loopback import Handler, Server

FIELDS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; "
                               "base-uri 'none'",
    "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "no-store", "Referrer-Policy": "same-origin"}


def on_the_wire(report, gateway, delivery):
    """`delivery` is one that lies there, dead: a replay of it would show."""
    for host in (FOREIGN_HOST, FOREIGN_HOST + ":9465", "localhost." + FOREIGN_HOST, "127.0.0.1." + FOREIGN_HOST, "169.254.169.254",
                 "[::2]", "0.0.0.0", "LOCALHOST.example"):
        answer = gateway.get("/stored", host=host)
        report.check("Host %s gets 403 and no page, and is told of the setting" % host,
                     answer.status == 403 and "hosts" in answer.text and delivery not in answer.text, answer)
    for host in ("localhost", "LocalHost:9465", "127.0.0.1:1", "[::1]:9465"):
        report.check("Host %s gets the page" % host, gateway.get("/", host=host).status == 200)
    for head in ("GET / HTTP/1.1\nConnection: close\n", "GET / HTTP/1.1\nHost: localhost\nHost: evil.example\nConnection: close\n",
                 "GET / HTTP/1.1\nHost: localhost@evil.example\nConnection: close\n",
                 "GET / HTTP/1.1\nHost: \nConnection: close\n"):
        answer = gateway.ask(head)
        report.check("%r gets 400 or 403" % head[16:60], answer.status in (400, 403), answer)
    answer = gateway.ask("GET http://evil.example/stored HTTP/1.1\nHost: localhost\nConnection: close\n")
    report.check("an address with a foreign name in the request line gets no page",
                 answer.status in (400, 403, 404) and delivery not in answer.text, answer)
    target = "/stored/%s/replay" % delivery
    ours = "Origin: http://localhost\n"
    for what, fields, host in (
            ("from another site", "Sec-Fetch-Site: cross-site\nOrigin: http://evil.example\n", "localhost"),
            ("from another port", "Sec-Fetch-Site: same-site\nOrigin: http://localhost:81\n", "localhost"),
            ("that says two things of where it comes from", "Sec-Fetch-Site: same-origin\nSec-Fetch-Site: cross-site\n", "localhost"),
            ("from a page without an origin", "Origin: null\n", "localhost"),
            ("from another site, by a browser that says Origin alone", "Origin: http://evil.example\n", "localhost"),
            ("from another port, likewise", "Origin: http://localhost:81\n", "localhost"),
            ("that says nothing of where it comes from", "", "localhost"),
            ("of a page that rebound its name", "Sec-Fetch-Site: same-origin\nOrigin: http://evil.example\n", FOREIGN_HOST)):
        answer = gateway.post(target, fields=fields, host=host)
        report.check("a form %s gets 403" % what, answer.status == 403, answer)
    for method in ("GET", "HEAD"):
        answer = gateway.get(target, method=method)
        report.check("%s of what changes something changes nothing" % method, answer.status in (404, 405), answer)
    for method in ("PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT"):
        answer = gateway.get("/", method=method)
        report.check("%s gets no page" % method, answer.status in (400, 404, 405), answer)
    report.check("none of that changed anything", state(gateway, delivery) == "dead", state(gateway, delivery))
    for destination in ("iframe", "frame", "embed", "object"):
        answer = gateway.get("/", "Sec-Fetch-Site: cross-site\nSec-Fetch-Mode: navigate\nSec-Fetch-Dest: %s\n" % destination)
        report.check("what wants to show it as %s gets 403" % destination, answer.status == 403, answer)
    answer = gateway.get("/", "Sec-Fetch-Site: cross-site\nSec-Fetch-Mode: navigate\nSec-Fetch-Dest: document\n")
    report.check("a link of another site leads to the page", answer.status == 200, answer)
    for what, body in (("a form of more than 16 KiB", b"a=" + b"b" * 17_000),):
        answer = gateway.post(target, body, ours)
        report.check("%s gets 413" % what, answer.status == 413, answer)
    answer = gateway.get("/", "X-Long: %s\n" % ("a" * 70_000))
    report.check("a head of 70 kB gets 431", answer.status == 431, answer)
    for target, statuses in (("/", (200,)), ("/stored", (200,)), ("/nothing", (404,)), ("/stored/%s/body" % delivery, (200,)),
                             ("/../../etc/passwd", (400, 404)), ("/%2e%2e/%00", (400, 404)), ("/stored/%ff", (400, 404))):
        answer = gateway.get(target)
        missing = [name for name, value in FIELDS.items() if answer.field(name) != value]
        report.check("%s gets %s, with every field of the policy" % (target, " or ".join(map(str, statuses))),
                     answer.status in statuses and not missing, "%d, not as it should be: %s" % (answer.status, missing))
    answer = gateway.get("/", host=FOREIGN_HOST)
    missing = [name for name, value in FIELDS.items() if answer.field(name) != value]
    report.check("so has the refusal", not missing, missing)


def state(gateway, delivery):
    jobs = gateway.listed("queue", "show", delivery)
    return jobs[0].get("state") if jobs else None


def by_browser(report, browser, gateway, address, delivery):
    """Pages of elsewhere, in the browser that has the inspector open."""
    elsewhere = Elsewhere()
    try:
        for host in (FOREIGN_HOST, "127.0.0.1", "localhost"):
            name = "http://%s:%d" % (host, elsewhere.port)
            elsewhere.page = ('<title>E</title><form id="f" method="post" action="%s/stored/%s/replay"><button>x</button></form>'
                              % (address, delivery))
            browser.open(name)
            browser.click(browser.find("button")[0])
            report.check("a form of %s gets 403" % name.rsplit(":", 1)[0],
                         "own pages" in browser.text and state(gateway, delivery) == "dead", browser.text)
            browser.open(name)
            read = browser.run(READ, address + "/stored")
            report.check("its script reads nothing", read == "TypeError", read)
            browser.run("fetch(arguments[0], {method: 'POST', mode: 'no-cors', credentials: 'include'}).catch(() => 0)",
                        "%s/stored/%s/replay" % (address, delivery))
            elsewhere.page = '<title>E</title><iframe src="%s/"></iframe><object data="%s/"></object><embed src="%s/">' % (
                (address,) * 3)
            browser.open(name)
            shown = framed(browser)
            report.check("it frames nothing", not any("vesigate" in one.lower() or "Overview" in one for one in shown), shown)
            elsewhere.page = ('<title>E</title><link rel="stylesheet" href="%s/style.css">'
                              '<img src="%s/stored"><script src="%s/stored"></script>' % ((address,) * 3))
            browser.open(name)
            report.check("it loads no style sheet, picture or script of it", browser.run(
                "return [...document.styleSheets].length + ' ' + document.images[0].naturalWidth") in ("0 0", "1 0") and
                browser.run("try { return [...document.styleSheets].reduce((sum, one) => sum + one.cssRules.length, 0) }"
                            " catch (error) { return 'closed' }") in (0, "closed"))
            closed = browser.run_later(OPENED, address + "/")
            report.check("a window that it opens with it is out of its reach", closed is True, closed)
        report.check("none of that changed anything", state(gateway, delivery) == "dead", state(gateway, delivery))
        port = address.rsplit(":", 1)[1]
        browser.open("http://%s:%s/stored" % (FOREIGN_HOST, port))
        report.check("a name that leads here (rebinding) gets a sentence that names the setting, and no page",
                     "hosts" in browser.text and delivery not in browser.text, browser.text)
        rebound = browser.run_later("""
            const done = arguments[arguments.length - 1];
            fetch(arguments[0], {method: 'POST'}).then(answer => done(answer.status)).catch(error => done(String(error)))
            """, "/stored/%s/replay" % delivery)
        # The refusal's own policy lets no script of that page ask for anything.
        report.check("and its script changes nothing", (rebound == 403 or "TypeError" in str(rebound)) and state(gateway, delivery) == "dead", rebound)
        told = eventually(lambda: "reason=foreign-host" in gateway.said(), 5)
        report.check("the log tells of who was refused", told)
        many = gateway.said().count("inspector: refused")
        report.check("and not of each", 0 < many <= 40, many)
    finally:
        elsewhere.close()
        browser.close_others()
        browser.console()


READ = """
return fetch(arguments[0], {credentials: 'include'}).then(answer => answer.text()).catch(error => error.name)
"""
# With Cross-Origin-Opener-Policy the opener loses the window at once.
OPENED = """
const done = arguments[arguments.length - 1];
const other = window.open(arguments[0]);
let turns = 0;
const look = () => (!other || other.closed || turns++ > 60) ? done(!other || other.closed) : setTimeout(look, 50);
look();
"""


def framed(browser):
    """What the frames of a page show."""
    shown = []
    for frame in browser.find("iframe, object, embed"):
        try:
            browser.driver.switch_to.frame(frame)
            shown.append(browser.driver.find_element("tag name", "body").text)
        except Exception as error:
            shown.append(type(error).__name__)
        finally:
            browser.driver.switch_to.default_content()
    return shown


class Elsewhere(Server):
    """Another server of the same machine, which has one page."""

    def __init__(self):
        self.page = ""
        elsewhere = self

        class Page(Handler):
            def do_GET(self):
                self.answer(200 if self.path == "/" else 404, "text/html", elsewhere.page.encode())

        super().__init__(Page)


def over_tcp(report, browser, gateway):
    """A one-time link, its cookie, and that nothing can be changed."""
    address = "http://localhost:%d" % gateway.inspector_port
    answer = gateway.get("/", host="localhost:%d" % gateway.inspector_port)
    report.check("without a session there is no page, but the command for one",
                 answer.status == 401 and "vesigate inspect" in answer.text, answer)
    answer = gateway.get("/", "Cookie: vesigate-inspector=%s\n" % ("0" * 32))
    report.check("nor with one that somebody thought up", answer.status == 401, answer)
    said = gateway.command("inspect")
    link = next((line for line in said.out.splitlines() if "/login?token=" in line), "")
    report.check("vesigate inspect prints a link", link and said.code == 0, said.text.replace(link[-32:], "..."))
    link = link.replace("127.0.0.1", "localhost")
    target = "/login?" + link.split("?", 1)[-1]
    for method in ("GET", "HEAD", "GET"):
        answer = gateway.get(target, method=method)
        report.check("%s of the link spends nothing" % method, answer.status == 200 and not answer.field("Set-Cookie"), answer.status)
    browser.open(link)
    faults = browser.console()
    report.check("the link shows a button", browser.link("Open the inspector") is not None and not faults, faults)
    yield "login"
    browser.click(browser.find("button")[0])
    report.check("which opens the inspector", "Overview" in browser.title, browser.title)
    cookies = browser.command("Network.getCookies", urls=[address])["cookies"]
    cookie = cookies[0] if len(cookies) == 1 else {}
    report.check("by one cookie: HttpOnly, SameSite=Strict, for an hour at most",
                 cookie.get("httpOnly") and cookie.get("sameSite") == "Strict" and cookie.get("path") == "/" and
                 0 < cookie.get("expires", 0) - browser.run("return Date.now() / 1000") <= 3600,
                 {key: value for key, value in cookie.items() if key != "value"})
    report.check("which a script would not see", browser.run("return document.cookie") == "")
    answer = gateway.post("/login", b"token=" + target.split("=", 1)[1].encode())
    report.check("the link works once", answer.status == 403 and not answer.field("Set-Cookie"), answer)
    report.check("the pages have no button that changes anything", not browser.find("form[method=post]"))
    fields = "Cookie: vesigate-inspector=%s\nSec-Fetch-Site: same-origin\n" % cookie.get("value")
    answer = gateway.post("/test", b"route=/webhooks/payments", fields)
    report.check("nothing can be changed over TCP: 403, and it says what would have to be set",
                 answer.status == 403 and "actions" in answer.text, answer)
    elsewhere = Elsewhere()
    try:
        elsewhere.page = "<title>E</title>"
        browser.open("http://%s:%d" % (FOREIGN_HOST, elsewhere.port))
        browser.run("window.__here = true; location = arguments[0]", address + "/recent")
        browser.arrive()
        report.check("a link of another site does not take the session along", "Who is asking" in browser.title, browser.title)
    finally:
        elsewhere.close()
    report.check("neither link nor session stands in the log",
                 cookie.get("value", "?") not in gateway.said() and target.split("=", 1)[1] not in gateway.said())
    browser.console()
