"""User instructions for one delivery, by callgrind, which repeats to 2%.

Callgrind counts two runs that differ in the number of deliveries alone; the difference is free of start and
end. libcrypto is left out: valgrind hides SHA-NI from it, so it would be counted as it never runs.
"""
import collections
import os
import re
import subprocess
import tempfile

from rig import Rig, require

FEW, MANY = 1000, 6000
KEPT_ALIVE = 64
LEFT_OUT = "libcrypto"
ALLOCATORS = {"malloc", "calloc", "realloc", "posix_memalign", "aligned_alloc", "memalign"}


class Counts:
    """Instructions of one run or one delivery, by object file and by function of it; and how often each object file
    asks for memory."""

    def __init__(self):
        self.functions = collections.Counter()
        self.allocations = collections.Counter()

    @property
    def objects(self):
        found = collections.Counter()
        for (name, _), cost in self.functions.items():
            found[name] += cost
        return found

    @property
    def total(self):
        return sum(cost for name, cost in self.objects.items() if LEFT_OUT not in name)

    def of(self, object_name):
        return sum(cost for name, cost in self.objects.items() if name.startswith(object_name))

    def per_delivery(self, more, deliveries):
        """What a delivery costs, where `more` is a run with so many deliveries more."""
        found = Counts()
        for key in set(self.functions) | set(more.functions):
            found.functions[key] = (more.functions[key] - self.functions[key]) / deliveries
        for name in set(self.allocations) | set(more.allocations):
            found.allocations[name] = (more.allocations[name] - self.allocations[name]) / deliveries
        return found


def instructions_per_delivery(binary, run=None):
    """`run(vesigate, wrapper, deliveries)` starts it within the wrapper, delivers, and ends it."""
    with tempfile.TemporaryDirectory(prefix="vesigate-bench.") as folder:
        # valgrind 3.19 cannot read Swift's debug information.
        stripped = folder + "/vesigate"
        subprocess.run(["strip", "-g", "-o", stripped, binary], check=True)
        counts = []
        for deliveries in (FEW, MANY):
            output = "%s/callgrind.%d" % (folder, deliveries)
            wrapper = ["valgrind", "-q", "--tool=callgrind", "--callgrind-out-file=" + output]
            (run or with_h2load)(stripped, wrapper, deliveries)
            counts.append(parse(output))
    return counts[0].per_delivery(counts[1], MANY - FEW)


def with_h2load(binary, wrapper, deliveries):
    with Rig(binary, workers="1", wrapper=wrapper) as rig:
        rig.h2load(deliveries, connections=KEPT_ALIVE)
        require("%d deliveries counted" % deliveries, rig.stop_gateway() == 0)


def parse(path):
    """The self costs and the allocations of a callgrind file (the format is in valgrind's manual)."""
    counts, names = Counts(), {"ob": {}, "fn": {}}
    current, callee, skip = {"ob": "?", "fn": "?"}, {}, False
    with open(path, errors="replace") as file:
        for line in file:
            found = re.match(r"(c?)(ob|fn)=\((\d+)\)(?: (.*))?", line)
            if found:
                is_call, kind, number, name = found.groups()
                if name:
                    names[kind][number] = os.path.basename(name.strip()) if kind == "ob" else name.strip()
                (callee if is_call else current)[kind] = names[kind].get(number, "?")
            elif line.startswith("calls="):
                if callee.get("fn") in ALLOCATORS and not current["ob"].startswith("libc."):
                    counts.allocations[current["ob"]] += int(line[len("calls="):].split()[0])
                # The next line is the inclusive cost of the call.
                callee, skip = {}, True
            elif re.match(r"[+*\-\d]", line):
                if not skip and len(line.split()) > 1:
                    counts.functions[current["ob"], current["fn"]] += int(line.split()[1])
                skip = False
    return counts
