"""What `make test-inspector` goes through, in its order: traffic, every page, an operator by clicks and by keys, bodies
that mean ill, attackers, TCP."""
import json
import math
import os
import re
import time
from urllib.parse import quote

import accessibility
import attacks
import hostile
from browser import NARROW, PICTURE_BYTES_MAX, WIDE
from common.shell import eventually
from gateway import LEDGER, ORDERS, PAYMENTS, App, Gateway, settled

# Before pictures for the documents are taken.
WARM_MINUTES = 4
# Those that docs/inspector.md shows: name of the page, width, dark.
DOCUMENTED = [
    ("overview", WIDE, False), ("overview", WIDE, True), ("overview", NARROW, False), ("stored", WIDE, False),
    ("stored", NARROW, True), ("delivery", WIDE, False), ("delivery", NARROW, False), ("json", WIDE, False),
    ("compare", WIDE, True), ("replay-many", WIDE, False), ("jobs", WIDE, False), ("recent", WIDE, False),
    ("quarantine", WIDE, False), ("tested", WIDE, False), ("login", NARROW, False)]


def run(report, browser, binary, project, for_docs):
    app = App()
    gateway = Gateway(binary, app)
    pictures = Pictures(project, for_docs)
    try:
        gateway.start()
        address = gateway.open_relay()
        world = World(report, browser, gateway, app, address, pictures)
        if for_docs:
            warm_up(gateway, app)
        for scenario in (traffic, every_page, by_clicks, by_keys, filters, buttons, hostile_bodies, many, tests, attackers):
            report.begin(scenario.__name__)
            scenario(world)
        gateway.close()
        report.begin("tcp")
        tcp(world, binary)
        pictures.judge(report)
    finally:
        gateway.close()
        app.close()


class World:
    def __init__(self, report, browser, gateway, app, address, pictures):
        self.report, self.browser, self.gateway, self.app = report, browser, gateway, app
        self.address, self.pictures = address, pictures
        self.dead = self.also_dead = self.delivered = None

    def check(self, *facts):
        return self.report.check(*facts)

    def open(self, target):
        self.browser.open(self.address + target)

    def jobs(self, *arguments):
        return self.gateway.listed("queue", "list", *arguments)


class Pictures:
    """Of every page, wide and narrow, light and dark; some of them are the documents'."""

    def __init__(self, project, for_docs):
        self.project, self.folder = project, project + "/.build/inspector"
        self.docs = project + "/docs/inspector" if for_docs else None
        self.sizes = {}
        for folder in filter(None, (self.folder, self.docs)):
            os.makedirs(folder, exist_ok=True)

    @staticmethod
    def file(name, width, dark):
        return "%s%s%s.png" % (name, "-narrow" if width == NARROW else "", "-dark" if dark else "")

    def take(self, browser, name, width, dark):
        file = self.file(name, width, dark)
        self.sizes[file] = browser.picture(os.path.join(self.folder, file))
        if self.docs and (name, width, dark) in DOCUMENTED:
            with open(os.path.join(self.folder, file), "rb") as source, open(os.path.join(self.docs, file), "wb") as copy:
                copy.write(source.read())

    def judge(self, report):
        large = {name: size for name, size in self.sizes.items() if size > PICTURE_BYTES_MAX}
        with open(self.project + "/docs/inspector.md") as file:
            shown = set(re.findall(r"\(inspector/([a-z-]+\.png)\)", file.read()))
        there = set(os.listdir(self.project + "/docs/inspector"))
        report.check("the document shows the pictures that are its own, all of which are there",
                     shown == there == {self.file(*one) for one in DOCUMENTED}, sorted(shown ^ there))
        report.check("%d pictures, none larger than %d bytes" % (len(self.sizes), PICTURE_BYTES_MAX), not large, large)


def event(number, **more):
    """A body such as a provider of payments sends."""
    return json.dumps({"event": "payment.completed", "data": dict(
        {"reference": "PAYIN-%05d" % number, "amount": 310 + number, "currency": "ZMW", "method": "mobilemoney"},
        **more)}).encode()


# MARK: What is there

def warm_up(gateway, app):
    """Minutes of traffic, so that a picture of the overview has something to draw."""
    number, end = 1000, time.monotonic() + 60 * WARM_MINUTES
    while time.monotonic() < end:
        wave = 2 + math.sin(number / 40) + math.sin(number / 150)
        for route in (PAYMENTS, ORDERS) if number % 3 else (PAYMENTS, ORDERS, ORDERS):
            number += 1
            gateway.send(route, event(number), secret="another-secret" if route == ORDERS and number % 29 == 0 else None)
        time.sleep(0.9 / wave)


def traffic(world):
    gateway, app = world.gateway, world.app
    app.answers["/payments"] = (422, {"error": "unknown currency ZMW"})
    statuses = [gateway.send(PAYMENTS, event(n))[0] for n in range(2)]
    settled(gateway, "dead", 2)
    app.answers.clear()
    # More than a page.
    statuses += [gateway.send(route, event(n))[0] for n in range(200, 255) for route in (PAYMENTS, ORDERS)]
    statuses += [gateway.send(PAYMENTS, event(n), extra=hostile.FIELDS)[0] for n in range(10, 18)]
    statuses += [gateway.send(LEDGER, event(n))[0] for n in range(20, 23)]
    statuses += [gateway.send(ORDERS, event(n))[0] for n in range(30, 36)]
    world.check("senders get 200", set(statuses) == {200}, statuses)
    app.answers["/orders"] = (500, {"error": "database is locked"})
    gateway.send(ORDERS, event(40))
    app.answers.clear()
    refused = [gateway.send(PAYMENTS, event(50 + n), secret="another-secret")[0] for n in range(3)]
    refused += [gateway.send(PAYMENTS, event(60), at=1_700_000_000)[0], gateway.send(ORDERS, event(61), secret="x" * 32)[0]]
    world.check("forged and late ones get 401", set(refused) == {401}, refused)
    world.check("what can be delivered is", settled(gateway, "delivered", 11))
    dead = world.jobs("--state", "dead")
    world.check("two are dead", len(dead) == 2, dead)
    world.also_dead, world.dead = [job["id"] for job in dead]
    world.delivered = world.jobs("--state", "delivered", "--route", PAYMENTS)[0]["id"]
    # It is written behind all else, and nobody is told when.
    eventually(lambda: len(gateway.listed("quarantine", "list")) >= 3, 20, 0.1)
    world.kept = gateway.listed("quarantine", "list")
    world.check("three are in quarantine", len(world.kept) == 3, world.kept)


# MARK: Every page

def pages(world):
    """Each page's name and its address."""
    world.open("/recent")
    recent = world.browser.run("return document.querySelector('main table a').getAttribute('href')")
    kept = world.kept[0].get("id") or world.kept[0].get("key")
    one = "/stored/" + world.dead
    return [
        ("overview", "/?refresh=off"), ("overview-fresh", "/"), ("route", "/?refresh=off&route=" + PAYMENTS),
        ("recent", "/recent"), ("recent-refused", "/recent?outcome=refused"), ("recent-one", recent),
        ("stored", "/stored"), ("stored-dead", "/stored?state=dead"), ("stored-text", "/stored?text=PAYIN-00012"),
        ("stored-none", "/stored?state=cancelled"), ("delivery", one), ("delivered", "/stored/" + world.delivered),
        ("revealed", "/stored/%s?reveal=1" % world.delivered),
        ("text", one + "/view?as=text"), ("json", one + "/view?as=json"), ("hex", one + "/view?as=hex"),
        ("compare", "/compare?a=%s&b=%s" % (world.dead, world.delivered)),
        ("replay-many", "/change?verb=replay&state=dead"), ("purge-many", "/change?verb=purge&state=delivered"),
        ("change-none", "/change?verb=replay&state=dead&route=/webhooks/ledger"),
        ("quarantine", "/quarantine"), ("quarantined", "/quarantine/" + kept),
        ("release", "/quarantine/change?verb=release"), ("drop", "/quarantine/change?verb=drop&id=" + kept),
        ("jobs", "/replays"), ("test", "/test")]


def every_page(world):
    browser = world.browser
    browser.look(WIDE)
    titles = {}
    for name, target in pages(world):
        look(world, name, target)
        titles.setdefault(browser.title, []).append(name)
    browser.look(WIDE)
    for target, word in (("/nothing", "Not found"), ("/stored/01932f0c-5f3e-7a41-9d52-0c6f1b7e9a10", "Not found"),
                         ("/recent/999999", "Not found"), ("/stored?since=yesterday", "")):
        world.open(target)
        browser.console()
        faults = accessibility.document(browser) + accessibility.looks(browser)
        world.check("%s is said on a whole page" % target, not faults and word in browser.text, "; ".join(faults) or browser.title)


def look(world, name, target):
    """One page in all ways. A check each for what it is, how it looks and how it is used."""
    browser, faults, noise = world.browser, [], []
    for width in (WIDE, NARROW):
        for dark in (False, True):
            browser.look(width, dark)
            world.open(target)
            faults += ["%s, %s: %s" % ("wide" if width == WIDE else "narrow", "dark" if dark else "light", one)
                       for one in accessibility.looks(browser)]
            noise += browser.console()
            world.pictures.take(browser, name, width, dark)
    world.check("%s: contrast, size and width, light and dark" % name, not faults, "; ".join(faults))
    browser.look(WIDE)
    faults = accessibility.document(browser) + accessibility.weight(browser)
    if "refresh=off" in target or not browser.find("meta[http-equiv=refresh]"):
        faults += accessibility.keys(browser)
    faults += accessibility.motion(browser) + accessibility.same_tables(browser)
    browser.look(WIDE)
    world.check("%s: landmarks, names, tables, keys" % name, not faults, "; ".join(faults))
    noise += browser.console()
    world.check("%s: nothing on the console, nothing against the policy" % name, not noise, noise)


# MARK: A delivery that is dead

def by_clicks(world):
    browser, app = world.browser, world.app
    before = app.count("/payments")
    world.open("/?refresh=off")
    world.check("the overview says first that deliveries are dead", "dead" in browser.run(
        "return document.querySelector('main section li, main li').textContent"), browser.text[:300])
    browser.click(browser.link("The dead ones"))
    world.check("and leads to them", "state=dead" in browser.address and world.dead in browser.source, browser.address)
    browser.click(browser.run("return document.querySelector('main a[href*=\"%s\"]')" % world.dead))
    text = browser.text
    world.check("the delivery's page says why: the app's 422 and its words", "422" in text and "unknown currency ZMW" in text,
                browser.address)
    concealed = [one for one in ("mor-signature",) if one not in text]
    world.check("with its fields, the signature concealed", not concealed and not [
        one for one in hostile.CONCEALED if one in text], concealed)
    browser.click(browser.link("Send again"))
    if not world.check("the button sends it again, to a page that can be loaded again", eventually(
            lambda: app.count("/payments") == before + 1, 10) and browser.address.split("?")[0].endswith(world.dead), browser.address):
        return
    path, fields, _ = app.seen[-1]
    world.check("the app is told that it is a replay", fields.get("X-Delivery-Replay") == "true" and
                fields.get("X-Delivery-Id") == world.dead, path)
    world.open("/stored/" + world.dead)
    world.check("the page says that it is delivered", eventually(
        lambda: world.open("/stored/" + world.dead) or "delivered" in browser.text, 5))
    world.check("the log says who did it", "uid=%d" % os.geteuid() in world.gateway.said() or
                "user=%d" % os.geteuid() in world.gateway.said(), [line for line in world.gateway.said().splitlines()
                                                                   if world.dead in line][-2:])


def by_keys(world):
    browser, app = world.browser, world.app
    before = app.count("/payments")
    world.open("/?refresh=off")
    presses = [browser.tab_to("Skip", 2)]
    browser.press("\ue007")
    presses.append(browser.tab_to("The dead ones"))
    world.check("the tabulator reaches the dead ones by way of the skip link", all(presses), presses)
    browser.enter()
    browser.tab_to("Skip", 2)
    browser.press("\ue007")
    presses.append(browser.tab_to(world.also_dead))
    browser.enter()
    world.check("and the delivery", world.also_dead in browser.address, "%s, %s" % (presses, browser.address))
    browser.tab_to("Skip", 2)
    browser.press("\ue007")
    presses.append(browser.tab_to("Send again"))
    browser.enter()
    world.check("and its button, without a mouse", eventually(lambda: app.count("/payments") == before + 1, 10),
                "tabulators: %s" % presses)


# MARK: Lists and buttons

def filters(world):
    browser = world.browser
    world.open("/stored")
    field = browser.find("#field-text")[0]
    field.send_keys("PAYIN-00012")
    browser.run("window.__here = true")
    browser.press("\ue007")
    browser.arrive()
    links = browser.find("main tbody a[href^='/stored/']")
    world.check("a text that is typed into the form finds its delivery, by an address that can be kept",
                len(links) == 1 and "text=PAYIN-00012" in browser.address and "looked through" in browser.text, browser.address)
    browser.click(links[0])
    before = set(os.listdir(browser.downloads))
    browser.link("Download").click()
    body = event(12)
    saved = eventually(lambda: [one for one in set(os.listdir(browser.downloads)) - before if not one.endswith(".crdownload")], 5)
    path = os.path.join(browser.downloads, saved[0]) if saved else None
    world.check("its body is saved byte by byte", path and eventually(lambda: open(path, "rb").read() == body, 3), saved)
    browser.click(browser.link("With the one before it"))
    world.check("and compared with the one before it", "PAYIN-00011" in browser.text and "PAYIN-00012" in browser.text, browser.address)
    world.open("/stored?state=delivered&route=" + PAYMENTS)
    older = browser.find("nav.pager a")
    world.check("the next page keeps the filter", older and not [one for one in older if "state=delivered" not in one.get_attribute("href")], browser.address)
    noise = browser.console()
    world.check("nothing on the console", not noise, noise)


def buttons(world):
    """What waits is called off, taken up again and tried; what is over is deleted, as a job."""
    browser = world.browser
    waiting = world.jobs("--state", "queued", "--route", LEDGER)[0]["id"]
    for button, state in (("Call off", "cancelled"), ("Take up again", "queued"), ("Try now", "queued"), ("Call off", "cancelled")):
        world.open("/stored/" + waiting)
        found = browser.link(button)
        if world.check("what waits has a button: %s" % button, found is not None, browser.text[:300]):
            browser.click(found)
            world.check("and then it is %s, and the page says what was done" % state, eventually(
                lambda: state in [job["state"] for job in world.gateway.listed("queue", "show", waiting)], 5) and
                browser.find("[role=status]"), browser.address)
    world.open("/change?verb=purge&state=cancelled")
    browser.click(browser.find("main form[method=post] button")[0])
    world.check("what was called off is deleted, behind a question", "/replays" in browser.address and eventually(
        lambda: not world.jobs("--state", "cancelled"), 10), browser.address)
    world.open("/replays?refresh=off")
    world.check("and the page of jobs tells of it, and by whom", "user id %d" % os.geteuid() in browser.text, browser.text[:400])
    answer = world.gateway.post("/stored/%s/cancel" % world.delivered)
    world.check("what cannot be done gets 409 and a reason", answer.status == 409 and "queued" in answer.text, answer)
    noise = browser.console()
    world.check("nothing on the console", not noise, noise)


# MARK: Bodies that mean ill

def hostile_bodies(world):
    browser, gateway = world.browser, world.gateway
    for name, (body, shown) in hostile.BODIES.items():
        status, delivery = gateway.send(PAYMENTS, body, extra=hostile.FIELDS)
        if not world.check("a body that %s is taken" % name, status == 200 and delivery, status):
            continue
        faults, texts = [], []
        for target in ("", "/view?as=text", "/view?as=json", "/view?as=hex"):
            browser.look(NARROW)
            world.open("/stored/" + delivery + target)
            found = browser.console() + browser.faults("passive") + accessibility.weight(browser)
            found += browser.faults("width", NARROW) + browser.faults("contrasts")
            if "taken over" in browser.title:
                found.append("the title was taken over")
            faults += ["%s: %s" % (target or "the page", one) for one in found]
            texts.append(browser.run("return document.querySelector('main').textContent"))
        if not any(shown in one for one in texts):
            faults.append("not shown: %r" % [one[-200:] for one in texts])
        world.check("and shown as text, in bounds", not faults, "; ".join(faults))
        answer = gateway.get("/stored/%s/body" % delivery)
        world.check("and downloaded byte by byte, to be saved", answer.body == body and
                    answer.field("Content-Type") == "application/octet-stream" and
                    (answer.field("Content-Disposition") or "").startswith("attachment"), answer.fields)
        pages = [gateway.get("/stored/%s%s" % (delivery, target)) for target in ("", "/view?as=text", "/view?as=json", "/view?as=hex")]
        world.check("its pages are UTF-8 without controls, under 300 kB", all(is_text(page) for page in pages),
                    [len(page.body) for page in pages])
    browser.look(WIDE)
    for body, _ in hostile.BODIES.values():
        gateway.send(ORDERS, body, extra=hostile.FIELDS)
    world.open("/recent?route=" + ORDERS)
    rows = browser.run("return [...document.querySelectorAll('main table a')].map(one => one.getAttribute('href'))")
    faults = []
    for target in [one for one in rows if "/recent/" in one][:len(hostile.BODIES)]:
        world.open(target)
        faults += browser.console() + browser.faults("passive") + accessibility.weight(browser)
    world.check("so are those of a route without a store", rows and not faults, "; ".join(faults))
    for text in ("</pre><script>alert(1)</script>", "%", "'", '"', "\u202e", "a" * 2000, "\x00"):
        for place in ("/stored?text=", "/stored?route=", "/recent?id=", "/quarantine?route=", "/compare?a=", "/test?route="):
            world.open(place + quote(text))
            faults += [one for one in browser.console() if " 404 " not in one and " 400 " not in one and " 414 " not in one]
            faults += browser.faults("passive")
    world.check("what stands in an address stays text", not faults, "; ".join(faults))


def is_text(page):
    try:
        text = page.body.decode()
    except UnicodeDecodeError:
        return False
    return len(page.body) < 300_000 and not any(ord(one) < 32 and one not in "\n\t" for one in text)


# MARK: Many at once

def many(world):
    browser, gateway, app = world.browser, world.gateway, world.app
    app.answers["/payments"] = (410, {"error": "gone"})
    # At the rate below enough for a minute: a slow machine shall find it under way, too.
    for number in range(100, 220):
        gateway.send(PAYMENTS, event(number))
    eventually(lambda: len(world.jobs("--state", "dead", "--limit", "1000")) >= 120, 60, 0.1)
    app.answers.clear()
    world.open("/change?verb=replay&state=dead&route=" + PAYMENTS)
    count = len(world.jobs("--state", "dead", "--route", PAYMENTS, "--limit", "1000"))
    world.check("a change of many says how many first", str(count) in browser.text and browser.find("main form[method=post]"),
                browser.text[:300])
    rate = browser.find("input[name=rate]")
    if rate:
        rate[0].clear()
        rate[0].send_keys("2")
    browser.click(browser.find("main form[method=post] button")[0])
    world.open("/replays?refresh=off")
    world.check("it goes on as a job, with its progress", browser.find("progress") and "running" in browser.text, browser.text[:400])
    eventually(lambda: world.open("/replays?refresh=off") or browser.run("return document.querySelector('progress').value") > 5, 20)
    look(world, "jobs", "/replays?refresh=off")
    for button, word in (("Pause", "paused"), ("Go on", "running"), ("Stop", "stopped")):
        world.open("/replays?refresh=off")
        found = browser.link(button)
        if not world.check("there is a button: %s" % button, found is not None):
            continue
        browser.click(found)
        world.check("and then it is %s" % word, eventually(lambda: world.open("/replays?refresh=off") or word in browser.text, 5))
    world.check("what it did not come to is dead still", 0 < len(world.jobs("--state", "dead", "--limit", "1000")) < count)
    world.open("/quarantine")
    browser.click(browser.link("Judge these again"))
    world.check("a release says first what would come of it", "would" in browser.text, browser.text[:300])
    browser.click(browser.find("main form[method=post] button")[0])
    world.check("and lets nothing out that no secret verifies", eventually(
        lambda: len(gateway.listed("quarantine", "list")) == 3, 5))
    world.open("/quarantine/change?verb=drop")
    browser.click(browser.find("main form[method=post] button")[0])
    world.check("what is dropped is gone", eventually(lambda: not gateway.listed("quarantine", "list"), 10))
    look(world, "quarantine-empty", "/quarantine")


# MARK: Test deliveries

def tests(world):
    browser, app = world.browser, world.app
    for route, path in ((PAYMENTS, "/payments"), (ORDERS, "/orders")):
        before = app.count(path)
        world.open("/test?route=" + quote(route, safe=""))
        button = browser.find("main form[method=post] button")
        if not world.check("a route that says test: true has a page to try it", bool(button), browser.text[:200]):
            return
        browser.click(button[0])
        world.check("it sends a delivery that the app takes", eventually(lambda: app.count(path) == before + 1, 10))
        fields = app.seen[-1][1]
        world.check("marked as verified and as a test", fields.get("X-Verified") == "true" and
                    fields.get_all("X-Delivery-Test") == ["true"], fields.items())
        world.check("without a signature that somebody could use", not fields.get("mor-signature") and
                    not fields.get("X-Hub-Signature-256"), fields.items())
        world.check("the page says what came of it", "200" in browser.text, browser.text[:400])
    world.check("with the app's answer", "received" in browser.text, browser.text[:400])
    faults = []
    for dark in (False, True):
        browser.look(WIDE, dark)
        world.pictures.take(browser, "tested", WIDE, dark)
        faults += accessibility.looks(browser)
    browser.look(WIDE)
    faults += accessibility.document(browser)
    world.check("tested: contrast, landmarks, names", not faults, "; ".join(faults))
    lines = [line for line in world.gateway.said().splitlines() if "test" in line and "uid=" in line]
    world.check("it is logged with who", lines and "uid=%d" % os.geteuid() in lines[-1], lines[-1:])
    ledger = app.count("/ledger")
    answer = world.gateway.post("/test", b"route=" + quote(LEDGER, safe="").encode())
    world.check("a route that does not say so is sent none", answer.status == 403 and app.count("/ledger") == ledger, answer)
    count = len(app.seen)
    world.gateway.send(PAYMENTS, event(900), extra=[("X-Delivery-Test", "true"), ("x-delivery-test", "1")])
    eventually(lambda: len(app.seen) > count, 10)
    world.check("a sender's own mark of a test reaches no app", app.seen[-1][1].get("X-Delivery-Test") is None,
                app.seen[-1][1].get_all("X-Delivery-Test"))
    browser.console()


def attackers(world):
    world.app.answers["/payments"] = (422, {"error": "no"})
    _, delivery = world.gateway.send(PAYMENTS, event(950))
    eventually(lambda: attacks.state(world.gateway, delivery) == "dead", 10)
    attacks.on_the_wire(world.report, world.gateway, delivery)
    attacks.by_browser(world.report, world.browser, world.gateway, world.address, delivery)


def tcp(world, binary):
    gateway = Gateway(binary, world.app, listen="127.0.0.1:%d")
    try:
        gateway.start()
        for page in attacks.over_tcp(world.report, world.browser, gateway):
            for width in (WIDE, NARROW):
                world.browser.look(width)
                world.pictures.take(world.browser, page, width, False)
            faults = accessibility.document(world.browser) + accessibility.looks(world.browser)
            world.browser.look(WIDE)
            world.check("%s: contrast, landmarks, names" % page, not faults, "; ".join(faults))
    finally:
        gateway.close()
