"""What has to hold for every page, whoever looks at it: by its document, its styles, its keys and by what assistive
technology is told. Each function gives the faults that it found, as sentences."""
from browser import NARROW, WIDE

NAMED_ROLES = {"link", "button", "textbox", "combobox", "checkbox", "radio", "searchbox", "listbox", "spinbutton",
               "progressbar", "table", "img", "image", "navigation", "heading", "ComboBoxSelect", "DisclosureTriangle"}
TABLE_ROLES = ("table", "row", "columnheader", "rowheader", "cell")
TABS_MAX = 400
PAGE_BYTES_MAX = 300_000
# Unicode's controls of direction.
TURNING = {0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)}


def document(browser):
    """Once for a page: what no width and no colours change."""
    faults = []
    for check in ("structure", "passive", "forms", "tables"):
        faults += browser.faults(check)
    return faults + names(browser) + refresh(browser)


def looks(browser):
    """For each width and each colour scheme."""
    return browser.faults("contrasts") + browser.faults("targets") + browser.faults("width", browser.width)


def names(browser):
    """By the browser's own reckoning of names."""
    tree = browser.tree()
    faults = ["a %s has no name" % role for role, name in tree if role in NAMED_ROLES and not name]
    roles = [role for role, _ in tree]
    for role, how_many in (("main", 1), ("banner", 1), ("contentinfo", 1)):
        if roles.count(role) != how_many and not (role != "main" and roles.count("navigation") == 0):
            faults.append("assistive technology is told of %d %s" % (roles.count(role), role))
    return faults


def refresh(browser):
    """Whoever reads slowly can stop a page that loads itself again (WCAG 2.2.1)."""
    if not browser.find("meta[http-equiv=refresh]"):
        return []
    stops = [one for one in browser.find("main a") if any(
        word in (one.accessible_name or "").lower() for word in ("stop", "refresh", "still"))]
    return [] if stops else ["it loads itself again, and nothing stops that"]


def table_shape(browser):
    roles = [role for role, _ in browser.tree()]
    return {role: roles.count(role) + (roles.count("gridcell") if role == "cell" else 0) for role in TABLE_ROLES}


def same_tables(browser):
    """That a table is one on a narrow screen too, for those to whom it is read."""
    browser.look(WIDE)
    wide = table_shape(browser)
    browser.look(NARROW)
    narrow = table_shape(browser)
    return [] if wide == narrow else ["a narrow screen has other tables: %s, wide %s" % (narrow, wide)]


def motion(browser):
    browser.look(browser.width, calm=True)
    return browser.faults("motion")


def keys(browser):
    """The tabulator comes by everything once, in its order, where it is seen, and out again."""
    browser.run("document.activeElement && document.activeElement.blur(); window.scrollTo(0, 0);"
                "window.getSelection().removeAllRanges()")
    order = browser.faults("focusables")
    faults, turns = list(order["faults"]), []
    # Where the page has set a start of its own, the first turn is not the first element.
    browser.run("document.body.tabIndex = -1; document.body.focus(); document.body.removeAttribute('tabindex')")
    for _ in range(min(order["count"], TABS_MAX) + 20):
        browser.tab()
        seen = browser.faults("focused")
        if seen is None or (turns and seen["turn"] == turns[0]):
            break
        for fault in seen["faults"]:
            if fault not in faults:
                faults.append(fault)
        # What scrolls takes the focus of itself.
        if seen["turn"] >= 0:
            turns.append(seen["turn"])
    if turns != sorted(set(turns)):
        faults.append("the tabulator goes another way than the page: %s" % turns)
    missed = sorted(set(range(min(order["count"], TABS_MAX))) - set(turns))
    if missed:
        faults.append("the tabulator passes by %d of %d, such as number %d" % (len(missed), order["count"], missed[0]))
    return faults


def weight(browser):
    """How much the page is, and that nothing in it turns the text around."""
    source, faults = browser.source, []
    size = len(source.encode())
    if size > PAGE_BYTES_MAX:
        faults.append("it has %d bytes, and %d are the bound" % (size, PAGE_BYTES_MAX))
    turns = {"U+%04X" % ord(one) for one in source if ord(one) in TURNING}
    if turns:
        faults.append("it turns text around by %s" % ", ".join(sorted(turns)))
    return faults
