"""Results as tables, for a terminal and for docs/performance.md.

    report.py RESULTS    writes them into docs/performance.md, and the picture beside it, without measuring
"""
import json
import os
import sys

from measuring import spread


def size(count):
    return "%d MiB" % (count >> 20) if count >= 1 << 20 else "%d KiB" % (count >> 10) if count >= 1024 else "%d B" % count


def best_peer(results, cell, field="cpu_us", better=min):
    """The peer with the best median, as its key and its spread."""
    peers = [key for key in results["cells"][cell] if not results["targets"][key]["ours"]]
    if not peers:
        return None, None
    key = better(peers, key=lambda peer: spread(results["cells"][cell][peer][field])[0])
    return key, spread(results["cells"][cell][key][field])


def ratio(values, best):
    """`1.30`, or `1.03 ~` where the middle halves of the runs overlap."""
    if best is None:
        return "-"
    median, low, high = spread(values)
    is_noise = (median, low, high) != best and low <= best[2] and best[1] <= high
    return "%.2f%s" % (median / best[0], " ~" if is_noise else "")


def figure(value):
    return "{:,.0f}".format(value) if value >= 100 else "%.3g" % value


def tables(results):
    """Title, header and rows of each."""
    keys, cells = list(results["targets"]), results["cells"]
    label = lambda key: results["targets"][key]["label"]

    def rows(cell_text):
        return [[label(key)] + [cell_text(cell, key) if key in cells[cell] else "-" for cell in cells] for key in keys]

    def compared(field, better):
        best = {cell: best_peer(results, cell, field, better)[1] for cell in cells}

        def text(cell, key):
            values = cells[cell][key][field]
            median, low, high = spread(values)
            return "%s (%s to %s): %s" % (figure(median), figure(low), figure(high), ratio(values, best[cell]))
        return rows(text)

    found = []
    if cells:
        found.append(("CPU microseconds for a delivery: median (middle half of the runs): ratio to the best peer",
                      [""] + list(cells), compared("cpu_us", min)))
        found.append(("Deliveries a second: median (middle half of the runs): ratio to the best peer",
                      [""] + list(cells), compared("per_second", max)))
        for field, name in (("p50_ms", "p50"), ("p99_ms", "p99")):
            found.append(("%s in ms, of a closed loop: median (middle half of the runs): ratio to the best peer" % name,
                          [""] + list(cells), compared(field, min)))
        found.append(("Most resident memory during the cell, MiB", [""] + list(cells),
                      rows(lambda cell, key: "%.0f" % cells[cell][key]["peak_mib"])))
    if results["memory"]:
        found.append(("Resident memory, MiB", ["", "idle", "64 bodies of 1 MiB in flight"], [
            [label(key), "%.0f" % memory["idle_mib"], "%.0f" % memory["in_flight_mib"]]
            for key, memory in results["memory"].items()]))
    if results["latency"]:
        found.append(latency_table(results, label))
    return found


def latency_table(results, label):
    rows = []
    for rate, targets in results["latency"].items():
        for key, runs in targets.items():
            if runs:
                rows.append(["%s, %s a second" % (label(key), rate)] + [
                    "%.3f (%.3f to %.3f)" % spread([run[field] for run in runs])
                    for field in ("p50_ms", "p99_ms", "p999_ms")])
    return ("Latency in ms at a fixed rate, open loop, 1 KiB: median of the runs (their middle half)",
            ["", "p50", "p99", "p99.9"], rows)


def facts(results):
    machine = results["machine"]
    versions = ", ".join("%s %s" % (target["label"], target["version"]) for target in results["targets"].values()
                         if not target["label"].startswith(("vesigate,", "HAProxy,", "nginx, njs")))
    lines = ["%s%s, %d cores, Linux %s, %s. %s." % (
        "A quick run, on a machine that may have been busy: only to show how it looks. " if results["quick"] else "",
        machine["cpu"], machine["cores"], machine["kernel"], machine["date"], versions)]
    lines.append("%d rounds of %g s for each cell; %d runs of %d s for each latency; %s minutes in all." % (
        results["rounds"], results["seconds"], results["latency_runs"], results["latency_seconds"],
        results.get("minutes", "?")))
    lines.append("A ~ stands where the middle halves of the runs overlap with the best peer's: "
                 "a difference within the noise, no win and no loss.")
    return lines + ["%s." % remark.rstrip(".") for remark in results["remarks"]]


def plain(results):
    return plain_tables(tables(results)) + "\n" + "\n".join(facts(results)) + "\n"


def markdown(results):
    return markdown_tables(tables(results)) + "\n" + "\n".join("- " + line for line in facts(results)) + "\n"


def plain_tables(found):
    parts = []
    for title, header, rows in found:
        widths = [max(len(row[column]) for row in [header] + rows) for column in range(len(header))]
        lines = [title] + ["  ".join([row[0].ljust(widths[0])] + [
            text.rjust(width) for text, width in zip(row[1:], widths[1:])]) for row in [header] + rows]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def markdown_tables(found):
    parts = []
    for title, header, rows in found:
        lines = ["| " + " | ".join(row) + " |" for row in [header] + rows]
        lines.insert(1, "|---" + "|---:" * (len(header) - 1) + "|")
        parts.append("**%s**\n\n%s\n" % (title, "\n".join(lines)))
    return "\n".join(parts)


def into_document(path, name, text):
    """Replaces what stands between the markers of that name."""
    with open(path) as file:
        whole = file.read()
    begin, end = "<!-- %s: begin -->\n" % name, "<!-- %s: end -->" % name
    if begin not in whole or end not in whole:
        raise SystemExit("bench: %s has no markers for %s" % (path, name))
    head, _, rest = whole.partition(begin)
    with open(path, "w") as file:
        file.write(head + begin + text + end + rest.partition(end)[2])


def main():
    import picture
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    with open(sys.argv[1]) as file:
        results = json.load(file)
    into_document(os.path.join(root, "docs", "performance.md"), "compared", markdown(results))
    picture.write(os.path.join(root, "docs", "performance.svg"), results)


if __name__ == "__main__":
    main()
