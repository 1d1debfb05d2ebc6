"""The comparison as a picture: a panel of bars for each cell, in SVG, from the same numbers as the tables."""
from xml.sax.saxutils import escape

from measuring import spread
from report import best_peer, figure, ratio

WIDTH, MARGIN, GAP = 960, 20, 36
COLUMN = (WIDTH - 2 * MARGIN - GAP) // 2
LABEL, NUMBER, ROW = 132, 122, 19
BAR = COLUMN - LABEL - NUMBER
# Bars end here: what is three times the best peer's is drawn as long as what is ten times.
RATIO_MAX = 3.0
STYLE = """
  text { font: 12px system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif; fill: #24292f; }
  .title { font-weight: 600; font-size: 13px; } .quiet { fill: #6e7781; font-size: 11px; }
  .ours { fill: #0969da; } .peer { fill: #afb8c1; } .best { fill: #6e7781; }
  .line { stroke: #8c959f; stroke-dasharray: 2 3; } .whisker { stroke: #24292f; stroke-width: 1.2; }
  .over { stroke: #ffffff; stroke-width: 2.5; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; } .quiet { fill: #8d96a0; } .ours { fill: #4493f8; } .peer { fill: #484f58; }
    .best { fill: #8d96a0; } .whisker { stroke: #e6edf3; } .over { stroke: #0d1117; }
  }"""
SHORT = {
    "vesigate": "vesigate", "vesigate-logging": "vesigate, logging", "haproxy": "HAProxy",
    "haproxy-tuned": "HAProxy, tuned", "nginx-lua": "nginx + Lua", "nginx-njs": "nginx + njs", "go": "Go",
    "aiohttp": "Python aiohttp", "node": "Node", "floor": "(the floor, in C)"}


def write(path, results):
    panels = [cell_panel(results, cell) for cell in results["cells"]]
    if results["latency"]:
        panels.append(latency_panel(results))
    parts, top = [], 66
    for index in range(0, len(panels), 2):
        pair = panels[index:index + 2]
        for column, (draw, _) in enumerate(pair):
            x = MARGIN + column * (COLUMN + GAP)
            parts.append('<g transform="translate(%d %d)">%s</g>' % (x, top, "".join(draw)))
        top += max(height for _, height in pair) + 28
    head = [text(MARGIN, 24, "Processor time of one verified delivery, as a multiple of the best peer's", "title"),
            text(MARGIN, 43, "Shorter is better. Microseconds of one pinned core, median of %d rounds; the thin lines "
                 "span the middle half of them; ~ is within the noise." % results["rounds"], "quiet")]
    with open(path, "w") as file:
        file.write('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img">\n'
                   "<title>CPU time per delivery of vesigate and its peers</title>\n<style>%s\n</style>\n%s\n</svg>\n"
                   % (WIDTH, top, WIDTH, top, STYLE, "\n".join(head + parts)))


def cell_panel(results, cell):
    found = results["cells"][cell]
    best_key, best = best_peer(results, {key: values["cpu_us"] for key, values in found.items()})
    rows = []
    for key, values in found.items():
        median, low, high = spread(values["cpu_us"])
        unit = best[0] if best else median
        kind = "ours" if results["targets"][key]["ours"] else "best" if key == best_key else "peer"
        numbers = ("%s µs" % figure(median), "× " + ratio(values["cpu_us"], best) if best else "")
        rows.append((SHORT.get(key, key), kind, [part / unit for part in (median, low, high)], numbers))
    return panel(cell.replace("conns", "connections").replace("conn.", "connection"), rows, RATIO_MAX, mark=1.0)


def latency_panel(results):
    rows = []
    for rate, targets in results["latency"].items():
        for key, runs in targets.items():
            if runs:
                parts = spread([run["p99_ms"] for run in runs])
                kind = "ours" if results["targets"][key]["ours"] else "best"
                name = "%s, %s/s" % (SHORT.get(key, key), "{:,}".format(int(rate)))
                rows.append((name, kind, parts, ("%s ms" % figure(parts[0]), "")))
    longest = 1.05 * max(parts[2] for _, _, parts, _ in rows) if rows else 1
    return panel("p99 at a fixed rate, 1 KiB, open loop", rows, longest)


def panel(title, rows, longest, mark=None):
    """One group of bars: its elements, and its height."""
    drawn = [text(0, 0, title, "title")]
    height = 12 + ROW * len(rows)
    scale = lambda value: LABEL + BAR * min(value, longest) / longest
    for index, (name, kind, (median, low, high), numbers) in enumerate(rows):
        y = 12 + ROW * index
        drawn.append(text(LABEL - 8, y + 11, name, "", "end"))
        drawn.append('<rect class="%s" x="%d" y="%d" width="%.1f" height="13" rx="2"/>' % (
            kind, LABEL, y, scale(median) - LABEL))
        if median > longest:
            x = LABEL + BAR - 14
            drawn.append('<path class="over" d="M%d %d l6 -13 m-1 13 l6 -13" fill="none"/>' % (x, y + 13))
        else:
            drawn.append('<path class="whisker" fill="none" d="M%.1f %.1f H%.1f M%.1f %d v5 M%.1f %d v5"/>' % (
                scale(low), y + 6.5, scale(high), scale(low), y + 4, scale(high), y + 4))
        drawn.append(text(LABEL + BAR + 62, y + 11, numbers[0], "", "end"))
        drawn.append(text(LABEL + BAR + 70, y + 11, numbers[1]))
    if mark:
        drawn.append('<line class="line" x1="%.1f" x2="%.1f" y1="8" y2="%d"/>' % (scale(mark), scale(mark), height))
    return drawn, height


def text(x, y, words, kind="", anchor="start"):
    return '<text x="%d" y="%d"%s%s>%s</text>' % (
        x, y, ' class="%s"' % kind if kind else "", ' text-anchor="end"' if anchor == "end" else "", escape(words))
