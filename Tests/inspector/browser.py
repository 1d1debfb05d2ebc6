"""Debian's Chromium without a window, as the tests drive it."""
import base64
import contextlib
import io
import os
import shutil
import tempfile
import time

from PIL import Image
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

HERE = os.path.dirname(os.path.abspath(__file__))
WIDE, NARROW, HEIGHT = 1280, 380, 900
# How much of a long page a picture shows; less where that would have too many bytes.
PICTURE_HEIGHTS = (1800, 1500, 1250, 1000, 800, 600)
PICTURE_COLOURS = 96
PICTURE_BYTES_MAX = 60_000
LOAD_SECONDS_MAX = 20
# Names of somebody else's, which lead here: Chromium asks no resolver.
FOREIGN_HOST = "evil.example"

with open(HERE + "/page_checks.js") as _file:
    CHECKS = _file.read()

# Notes what the page's policy forbade; the pages themselves have no script that could.
NOTE_VIOLATIONS = """
window.__violations = [];
document.addEventListener("securitypolicyviolation", event =>
    window.__violations.push(event.effectiveDirective + ": " + event.blockedURI));
"""


class Browser:
    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="vesigate-chromium.")
        self.downloads = os.path.join(self.profile, "downloads")
        os.makedirs(self.downloads)
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium")
        arguments = [
            "--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--hide-scrollbars",
            "--user-data-dir=" + self.profile, "--disable-extensions", "--disable-background-networking",
            "--disable-component-update", "--force-color-profile=srgb", "--window-size=%d,%d" % (WIDE, HEIGHT),
            "--disable-features=HttpsUpgrades,HttpsFirstBalancedMode,HttpsFirstBalancedModeAutoEnable,Translate",
            # Nothing leaves the machine.
            "--host-resolver-rules=MAP %s 127.0.0.1,MAP * ~NOTFOUND,EXCLUDE 127.0.0.1,EXCLUDE localhost" % FOREIGN_HOST]
        if os.geteuid() == 0:
            arguments.append("--no-sandbox")
        for argument in arguments:
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        # A proxy of the environment is not for loopback, and selenium has no list of exceptions.
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            os.environ.pop(name, None)
        self.driver = webdriver.Chrome(service=Service(shutil.which("chromedriver")), options=options)
        self.driver.set_page_load_timeout(LOAD_SECONDS_MAX)
        self.driver.set_script_timeout(LOAD_SECONDS_MAX)
        self.command("Page.addScriptToEvaluateOnNewDocument", source=NOTE_VIOLATIONS)
        self.command("Browser.setDownloadBehavior", behavior="allow", downloadPath=self.downloads)
        self.width = WIDE

    def close(self):
        with contextlib.suppress(Exception):
            self.driver.quit()
        shutil.rmtree(self.profile, ignore_errors=True)

    def command(self, name, **parameters):
        return self.driver.execute_cdp_cmd(name, parameters)

    # How it looks at pages.

    def look(self, width=WIDE, dark=False, calm=False, height=HEIGHT):
        self.width = width
        self.command("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                     mobile=width < 600)
        self.command("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce" if calm else "no-preference"}])

    def open(self, address):
        self.driver.get(address)

    @property
    def address(self):
        return self.driver.current_url

    @property
    def title(self):
        return self.driver.title

    @property
    def text(self):
        """What the page says, hidden pieces too."""
        return self.driver.execute_script("return document.body ? document.body.textContent : ''")

    @property
    def source(self):
        return self.driver.page_source

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def run_later(self, script, *arguments):
        """A script that calls its last argument with what it found."""
        return self.driver.execute_async_script(script, *arguments)

    def close_others(self):
        """Windows that pages have opened."""
        first = self.driver.window_handles[0]
        for handle in self.driver.window_handles[1:]:
            self.driver.switch_to.window(handle)
            self.driver.close()
        self.driver.switch_to.window(first)

    def find(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def console(self):
        """What came to the console since the last look, and what the policy forbade on this page."""
        said = ["%s: %s" % (one["level"], one["message"]) for one in self.driver.get_log("browser")]
        return said + ["policy: " + one for one in self.run("return window.__violations || []")]

    # What it does.

    def link(self, text, within="main"):
        """The first link or button that says so, or is named so."""
        for element in self.driver.find_elements(By.CSS_SELECTOR, "%s a, %s button, %s summary" % ((within,) * 3)):
            if text in (element.accessible_name or ""):
                return element
        return None

    def click(self, element):
        """And waits until the page that it leads to is there."""
        self.run("window.__here = true")
        element.click()
        self.arrive()

    def arrive(self, seconds_max=10):
        """Waits for another page than the one that was marked, and that it is whole."""
        end = time.monotonic() + seconds_max
        while time.monotonic() < end:
            with contextlib.suppress(Exception):
                if self.run("return !window.__here && document.readyState === 'complete'"):
                    return True
            time.sleep(0.02)
        return False

    def press(self, *keys):
        for key in keys:
            webdriver.ActionChains(self.driver, duration=0).send_keys(key).perform()

    def tab(self, back=False):
        chain = webdriver.ActionChains(self.driver, duration=0)
        if back:
            chain.key_down(Keys.SHIFT).send_keys(Keys.TAB).key_up(Keys.SHIFT).perform()
        else:
            chain.send_keys(Keys.TAB).perform()

    def tab_to(self, name, presses_max=80):
        """Presses the tabulator until what is named so has the focus; how often, or None."""
        for presses in range(1, presses_max + 1):
            self.tab()
            element = self.driver.switch_to.active_element
            if element.tag_name != "body" and name in (element.accessible_name or ""):
                return presses
        return None

    def enter(self):
        """Presses Enter and waits for the page that it leads to."""
        self.run("window.__here = true")
        self.press(Keys.ENTER)
        return self.arrive()

    # What it tells.

    def faults(self, name, *arguments):
        """A check of page_checks.js."""
        return self.run(CHECKS + "; return checks[arguments[0]](...[...arguments].slice(1));", name, *arguments)

    def tree(self):
        """Role and name of each node, as assistive technology is told of the page."""
        return [(node["role"]["value"], node.get("name", {}).get("value", "").strip())
                for node in self.command("Accessibility.getFullAXTree")["nodes"] if not node.get("ignored")]

    def picture(self, path):
        """The page from its top, in few colours."""
        height = self.run("return Math.ceil(document.body.lastElementChild.getBoundingClientRect().bottom + scrollY) + 12")
        clip = {"x": 0, "y": 0, "width": self.width, "height": min(max(height, 300), PICTURE_HEIGHTS[0]), "scale": 1}
        shot = self.command("Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True)
        image = Image.open(io.BytesIO(base64.b64decode(shot["data"]))).convert("RGB")
        image = in_few_colours(image, PICTURE_COLOURS)
        for height in PICTURE_HEIGHTS:
            file = io.BytesIO()
            image.crop((0, 0, image.width, min(height, image.height))).save(file, "png", optimize=True)
            if file.tell() <= PICTURE_BYTES_MAX:
                break
        with open(path, "wb") as out:
            out.write(file.getvalue())
        return file.tell()


def in_few_colours(image, how_many):
    """Those that most of it has, as they are; the others are what comes next to them. Averages would make it pale."""
    counts = sorted(image.getcolors(image.width * image.height), reverse=True)
    # Grounds differ by little. Of other colours that are nearly alike one is enough: the edges of letters have hundreds.
    kept = []
    for _, colour in counts:
        apart = 1 if len(kept) < 12 else 12
        if all(max(abs(one - other) for one, other in zip(colour, before)) > apart for before in kept):
            kept.append(colour)
            if len(kept) == how_many:
                break
    palette = Image.new("P", (1, 1))
    palette.putpalette([part for colour in kept for part in colour] + [0] * (768 - 3 * len(kept)))
    return image.quantize(palette=palette, dither=Image.Dither.NONE)
