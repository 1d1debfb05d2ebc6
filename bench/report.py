"""Results as tables, for a terminal and for docs/performance.md.

    report.py RESULTS    writes them into docs/performance.md, and the picture beside it, without measuring
"""
import json
import os
import sys

from measuring import spread


def size(count):
    if count >= 1 << 20:
        return "%d MiB" % (count >> 20)
    return "%d KiB" % (count >> 10) if count >= 1024 else "%d B" % count


def is_peer(results, key):
    target = results["targets"][key]
    # Files of earlier runs know no yardstick.
    return target.get("peer", not target["ours"])


def best_peer(results, found, better=min):
    """Of lists of values by target: the peer with the best median, as its key and its spread."""
    peers = [key for key in found if is_peer(results, key)]
    if not peers:
        return None, None
    key = better(peers, key=lambda peer: spread(found[peer])[0])
    return key, spread(found[key])


def ratio(values, best):
    """`1.30`, or `1.03 ~` where the middle halves of the runs overlap."""
    if best is None:
        return "-"
    median, low, high = spread(values)
    is_noise = len(values) > 1 and (median, low, high) != best and low <= best[2] and best[1] <= high
    return "%.2f%s" % (median / best[0], " ~" if is_noise else "")


def with_spread(values, form=None):
    """`26.2 ±3%`: the median, and half of the width of what lies between the quartiles."""
    median, low, high = spread(values)
    text = (form or figure)(median)
    return text if len(values) == 1 else "%s ±%.0f%%" % (text, 50 * (high - low) / median if median else 0)


def figure(value):
    return "{:,.0f}".format(value) if value >= 100 else "%.3g" % value


def tables(results):
    """Title, header and rows of each."""
    found = []
    cells = results["cells"]
    for field, better, name in MEASURES if cells else []:
        columns = {cell: {key: listed(values[field]) for key, values in cells[cell].items()} for cell in cells}
        found.append(compared(results, name, columns, better))
    found += floor_ratios(results)
    if results["memory"]:
        columns = {name: {key: [memory[field]] for key, memory in results["memory"].items()}
                   for field, name in (("idle_mib", "idle"), ("in_flight_mib", "64 bodies of 1 MiB in flight"))}
        found.append(compared(results, "Resident memory, MiB", columns, min))
    if results["latency"]:
        columns = {"%s at %s a second" % (name, rate): {
            key: [run[field] for run in runs] for key, runs in targets.items() if runs}
            for rate, targets in results["latency"].items() for field, name in (("p50_ms", "p50"), ("p99_ms", "p99"))}
        found.append(compared(results, "Latency in ms at a fixed rate, open loop, 1 KiB", columns, min, "%.3f".__mod__))
    return found


MEASURES = [
    ("cpu_us", min, "CPU microseconds for a delivery"), ("per_second", max, "Deliveries a second"),
    ("p50_ms", min, "p50 in ms, closed loop"), ("p99_ms", min, "p99 in ms, closed loop"),
    ("peak_mib", min, "Most resident memory, MiB")]


def listed(values):
    return values if isinstance(values, list) else [values]


def compared(results, name, columns, better, form=None):
    """A table with a row for each target: what was measured, and its ratio to the best peer's."""
    best = {column: best_peer(results, found, better)[1] for column, found in columns.items()}

    def text(column, key):
        values = columns[column].get(key)
        return "%s: %s" % (with_spread(values, form), ratio(values, best[column])) if values else "-"
    keys = [key for key in results["targets"] if any(key in found for found in columns.values())]
    rows = [[results["targets"][key]["label"]] + [text(column, key) for column in columns] for key in keys]
    return name + ": ratio to the best peer", [""] + list(columns), rows


def floor_ratios(results):
    """A table of what vesigate's time is of the floor's, or nothing where the floor was not measured."""
    cells = results["cells"]
    if not cells or any("floor" not in found for found in cells.values()):
        return []
    keys = [key for key, target in results["targets"].items() if target["ours"] or is_peer(results, key)]
    rows = []
    for key in keys:
        texts = []
        for found in cells.values():
            floor = spread(found["floor"]["cpu_us"])[0]
            texts.append("%.2f" % (spread(found[key]["cpu_us"])[0] / floor) if key in found else "-")
        rows.append([results["targets"][key]["label"]] + texts)
    return [("CPU time as a multiple of the floor's", [""] + list(cells), rows)]


def facts(results):
    machine = results["machine"]
    versions = ", ".join(dict.fromkeys(
        "%s %s" % (target["label"].split(",")[0], target["version"]) for target in results["targets"].values()))
    lines = ["%s%s, %d cores, Linux %s, %s. %s." % (
        "A quick run, on a machine that may have been busy: only to show how it looks. " if results["quick"] else "",
        machine["cpu"], machine["cores"], machine["kernel"], machine["date"], versions)]
    latency = "runs for each latency: %d, of %d s; " % (results["latency_runs"], results["latency_seconds"])
    lines.append("Rounds for each cell: %d, of %g s; %s%s minutes in all." % (
        results["rounds"], results["seconds"], latency if results.get("latency") else "",
        results.get("minutes", "?")))
    lines.append("Each figure is the median, ± half of what lies between the quartiles, then the ratio to the best "
                 "peer's.")
    lines.append("A ~ stands where the middle halves of the runs overlap with the best peer's: "
                 "a difference within the noise, no win and no loss.")
    if machine.get("congestion") not in (None, "reno", "cubic"):
        lines.append("The system's congestion control is %s, which the peers keep; vesigate takes none of its kind to an "
                     "upstream on the same machine." % machine["congestion"])
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
