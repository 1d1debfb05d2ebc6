"""What a target took: processor time, memory, and what its senders saw."""
import json
import os
import re
import statistics

from rig import Failure
from stage import HERE, pinned, run
from targets import load_tool


def family(pid):
    """The process and all that descend from it."""
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open("/proc/%s/stat" % name) as file:
                    parents[int(name)] = int(file.read().rpartition(")")[2].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                pass
    found = [pid]
    for parent in found:
        found += [child for child, its in parents.items() if its == parent]
    return found


def cpu_ns(pids):
    """Processor time, user and system, of all threads, as the scheduler counts it."""
    total = 0
    for pid in pids:
        for task in os.listdir("/proc/%d/task" % pid):
            with open("/proc/%d/task/%s/schedstat" % (pid, task)) as file:
                total += int(file.read().split()[0])
    return total


def memory_mib(pids, field="VmRSS"):
    """Resident now, or (VmHWM) at most since forget_peak."""
    total = 0
    for pid in pids:
        with open("/proc/%d/status" % pid) as file:
            total += int(re.search(field + r":\s+(\d+) kB", file.read()).group(1))
    return total / 1024


def forget_peak(pids):
    for pid in pids:
        with open("/proc/%d/clear_refs" % pid, "w") as file:
            file.write("5")


def wrk(stage, target, requests, connections, seconds):
    """As fast as the target answers. Its latencies are those of a closed loop."""
    command = ["wrk", "-t1", "-c%d" % connections, "-d%gs" % seconds, "--timeout", "20s", "-s", HERE + "/post.lua",
               "http://127.0.0.1:%d/" % target.port]
    output = run(pinned(stage.load_core, command), seconds + 60, {"REQUESTS": requests})
    return told(json.loads(output.splitlines()[-1]), target)


def openloop(stage, target, requests, rate, seconds, connections=64):
    """At a fixed rate, latencies counted from when each request was due."""
    command = openloop_command(stage, target, requests, rate, seconds, connections)
    return told(json.loads(run(command, seconds + 120)), target)


def openloop_command(stage, target, requests, rate, seconds, connections=64):
    return pinned(
        stage.load_core, [load_tool(), str(target.port), str(rate), str(seconds), str(connections), requests])


def told(result, target):
    """The same, or a Failure where not everything was answered well."""
    is_short = result["answered"] < result.get("sent", 1)
    if result["refused"] or result["broken"] or is_short:
        raise Failure("%s answered %d of %s, of them %d without a 2xx; %d broke off" % (
            target.key, result["answered"], result.get("sent", "?"), result["refused"], result["broken"]))
    return result


def run_cell(stage, target, body_bytes, connections, seconds, secret=None):
    """One run of one cell: the load, and the processor time that the target took for it."""
    requests = stage.requests(body_bytes, secret=secret)
    pids = family(target.child.pid)
    before = cpu_ns(pids)
    result = wrk(stage, target, requests, connections, seconds)
    result["cpu_us"] = (cpu_ns(pids) - before) / 1000 / result["answered"]
    result["per_second"] = result["answered"] / result["seconds"]
    return result


def warm_up(stage, target, body_bytes, connections, secret=None):
    """Enough deliveries for connections to the upstream and for memory to be there."""
    rate = 2000 if body_bytes <= 16384 else 200
    openloop(stage, target, stage.requests(body_bytes, secret=secret), rate, 0.3, connections)


def in_flight(stage, target, bodies=64, body_bytes=1 << 20, wait_seconds=3):
    """The most that was resident while so many bodies wait for a slow upstream."""
    pids = family(target.child.pid)
    idle = memory_mib(pids)
    forget_peak(pids)
    requests = stage.requests(body_bytes, more=["bench-sleep: %d" % wait_seconds])
    result = openloop(stage, target, requests, rate=bodies * 10, seconds=0.1, connections=bodies)
    if result["answered"] != bodies:
        raise Failure("%s answered %d of %d slow deliveries" % (target.key, result["answered"], bodies))
    return {"idle_mib": idle, "in_flight_mib": memory_mib(pids, "VmHWM")}


def spread(values):
    """Median, and between what the middle half of the runs lies."""
    ordered = sorted(values)
    if len(ordered) < 4:
        return statistics.median(ordered), ordered[0], ordered[-1]
    low, _, high = statistics.quantiles(ordered, n=4, method="inclusive")
    return statistics.median(ordered), low, high
