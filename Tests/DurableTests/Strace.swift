import Foundation
import TestSupport

/// Debian's strace around a gateway: what the kernel was asked for, in which order, and calls that it has fail or wait.
enum Strace {
  /// Not every container lets one process look at another; a sanitizer's leak check bears no tracer.
  static let isAllowed: Bool = {
    guard !Sanitizers.areOn, Machine.has("strace") else { return false }
    let child = try? ChildProcess(
      ["strace", "-D", "-f", "-o", "/dev/null", "true"], environment: ["PATH": "/usr/bin:/bin"])
    return child?.waitForExit(within: 20) == 0
  }()

  /// What a gateway is started by. It stays this process's own child, and the tracer is its grandchild.
  ///
  /// - Parameters:
  ///   - calls: that are written down, with their files and all of their bytes.
  ///   - injections: in strace's own words.
  static func command(_ output: String, calls: [String], injections: [String] = []) -> [String] {
    ["strace", "-D", "-f", "-y", "-s", "70000", "-o", output, "-e", "trace=" + calls.joined(separator: ",")]
      + injections.flatMap { ["-e", "inject=" + $0] }
  }

  /// How often a call was made, by whatever thread.
  static func count(_ call: String, in output: String) throws -> Int {
    // Begun: the end of one that was interrupted by another thread's stands on a line of its own.
    try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n").count {
      $0.contains(" \(call)(")
    }
  }
}

/// What a disk would hold had the power failed at one of the instants that a trace shows: what was written and followed
/// by a sync that succeeded, and nothing else.
enum PowerCut {
  /// Calls that the trace must hold.
  static let calls = ["pwrite64", "ftruncate", "fdatasync", "fsync", "sendto", "sendmsg"]

  struct Finding: Decodable {
    /// Answers 200 with a delivery's id, repetitions' too.
    let answers: Int
    /// Ids that such a disk does not hold at the instant at which their 200 begins to leave.
    let missing: [String]
    /// The same of disks that hold some of what was not synchronised, too.
    let missingOrTorn: [String]
    /// The ids, by answer.
    let ids: [String]
    /// Syncs that failed, those of the folder too.
    let failedSyncs: Int
  }

  /// - Parameters:
  ///   - trace: of `Strace.command`.
  ///   - before: a folder with the store's files as they were when the trace began.
  static func replay(_ trace: String, before: String) throws -> Finding {
    let child = try ChildProcess(
      ["python3", "-c", program, trace, before], environment: ["PATH": "/usr/bin:/bin"])
    guard child.waitForExit(within: 120) == 0, let line = child.lines.last else {
      throw FixtureError(child.lines.suffix(20).joined(separator: "\n"))
    }
    return try JSONDecoder().decode(Finding.self, from: Data(line.utf8))
  }

  /// In words that share nothing with the store's: Python, and its SQLite.
  private static let program = #"""
    import ast, json, os, random, re, sqlite3, sys, tempfile

    trace, before = sys.argv[1:]
    NAMES = ("queue.db", "queue.db-wal")
    PLACE = re.compile(r"\w+\(\d+<([^>]*)>")
    BYTES = re.compile(r'"((?:[^"\\]|\\.)*)"')
    # The number that is a call's last argument, and its result.
    RESULT = re.compile(r"(\d+)?\)\s+= (-?\d+)[^)]*(\([A-Za-z/ -]*\)[^)]*)*$")
    ID = re.compile(r"X-Delivery-Id: ([0-9a-f-]{36})")
    durable = {}
    for name in NAMES:
        path = os.path.join(before, name)
        durable[name] = bytearray(open(path, "rb").read() if os.path.exists(path) else b"")
    # Written and not yet synchronised, in order; and a disk on which some of what a failed sync left did arrive.
    pending = {name: [] for name in NAMES}
    kept = {name: bytearray(durable[name]) for name in NAMES}
    syncing, open_calls, seen = {}, {}, {}
    found = {"answers": 0, "missing": [], "missingOrTorn": [], "ids": [], "failedSyncs": 0}
    chance = random.Random(7)

    def apply(image, operation):
        kind, at, data = operation
        image.extend(bytes(max(0, at - len(image))))
        image[at:at + len(data) if kind == "write" else len(image)] = data

    def apply_some(image, operations):
        for operation in operations:
            if chance.random() < 0.5:
                apply(image, operation)
        return image

    def store_of(text):
        place = PLACE.match(text)
        name = place and os.path.basename(place.group(1))
        return name if name in NAMES else None

    def holds(images):
        """The deliveries that SQLite finds on such a disk, each with its body and a job."""
        with tempfile.TemporaryDirectory() as folder:
            for name, image in images.items():
                with open(os.path.join(folder, name), "wb") as file:
                    file.write(image)
            store = sqlite3.connect(os.path.join(folder, "queue.db"))
            try:
                # Closing it moves the log into the file, and nobody needs that copy to last.
                store.execute("PRAGMA synchronous=OFF")
                # Of a large store now and then alone: it reads all of it.
                looks = chance.random() * len(images["queue.db"]) < 400_000
                if looks and store.execute("PRAGMA quick_check").fetchone()[0] != "ok":
                    return set()
                rows = store.execute("SELECT hex(public_id) FROM delivery d JOIN body b ON b.id=d.id "
                                     "WHERE EXISTS (SELECT 1 FROM job WHERE delivery=d.id)").fetchall()
                return {row[0].lower() for row in rows}
            except sqlite3.DatabaseError:
                return set()
            finally:
                store.close()

    def torn():
        return {name: apply_some(bytearray(kept[name]), pending[name]) for name in NAMES}

    def begin(pid, text):
        if text.startswith(("fdatasync(", "fsync(")) and (name := store_of(text)):
            syncing[pid] = len(pending[name])
        if text.startswith(("sendto(", "sendmsg(")) and "HTTP/1.1 200" in text:
            for id in ID.findall(text):
                found["answers"] += 1
                found["ids"].append(id)
                if not seen:
                    seen["ids"] = holds(durable)
                if id.replace("-", "") not in seen["ids"]:
                    found["missing"].append(id)
                if id.replace("-", "") not in holds(torn()):
                    found["missingOrTorn"].append(id)

    def end(pid, text):
        name, match = store_of(text), RESULT.search(text)
        if match and int(match.group(2)) < 0 and text.startswith(("fdatasync(", "fsync(")):
            found["failedSyncs"] += 1
        if name is None:
            return
        last, result = match.group(1), int(match.group(2))
        if text.startswith("pwrite64(") and result > 0:
            data = ast.literal_eval('b"%s"' % BYTES.search(text).group(1))
            assert len(data) >= result, text[:200]
            pending[name].append(("write", int(last), data[:result]))
        elif text.startswith("ftruncate(") and result == 0:
            pending[name].append(("truncate", int(last), b""))
        elif text.startswith(("fdatasync(", "fsync(")):
            count = syncing.pop(pid)
            done, pending[name][:count] = pending[name][:count], []
            seen.clear()
            if result == 0:
                for operation in done:
                    apply(durable[name], operation)
                    apply(kept[name], operation)
            else:
                # The kernel takes those pages for clean: no later sync writes them.
                apply_some(kept[name], done)

    for line in open(trace, encoding="latin-1"):
        pid, _, text = line.rstrip("\n").partition(" ")
        text = text.lstrip()
        if text.startswith("<... "):
            begun = open_calls.pop(pid, None)
            if begun is not None:
                end(pid, begun + text.partition(" resumed>")[2])
        elif text.endswith(" <unfinished ...>"):
            open_calls[pid] = text.removesuffix(" <unfinished ...>")
            begin(pid, open_calls[pid])
        elif re.match(r"\w+\(", text):
            begin(pid, text)
            end(pid, text)
    print(json.dumps(found))
    """#
}
