import Gateway
import Glibc
import Logging
import TestSupport
import Testing

@testable import Telemetry

/// A datagram socket in journald's place, whose entries are read only when a test asks for them.
private final class FakeJournal {
  let path: String
  private let directory: TemporaryDirectory
  private var socket: DatagramSocket?

  init() throws {
    directory = try TemporaryDirectory()
    path = directory.path + "/socket"
    try listen()
  }

  func listen() throws { socket = try DatagramSocket(path: path) }

  func stop() { socket = nil }

  func address(waitMillisecondsMax: Int32 = 60_000) -> JournalAddress {
    JournalAddress(path: path, waitMillisecondsMax: waitMillisecondsMax)
  }

  /// The next entry; nil when none came in time.
  func next(millisecondsMax: Int32 = 20_000) -> [(name: String, value: [UInt8])]? {
    socket?.next(millisecondsMax: millisecondsMax).map { FakeJournal.parsed($0[...]) }
  }

  /// As the protocol's document describes it: lines with a `=` are name and value, lines without one are a
  /// name that 64 bits of length, the value and a line feed follow.
  static func parsed(_ datagram: ArraySlice<UInt8>) -> [(name: String, value: [UInt8])] {
    var fields: [(name: String, value: [UInt8])] = []
    var rest = datagram
    while let end = rest.firstIndex(of: 10) {
      let line = rest[..<end]
      rest = rest[(end + 1)...]
      if let equals = line.firstIndex(of: 61) {
        fields.append((text(Array(line[..<equals])), Array(line[(equals + 1)...])))
        continue
      }
      var size = 0
      for byte in rest.prefix(8).reversed() { size = size << 8 | Int(byte) }
      rest = rest.dropFirst(8)
      fields.append((text(Array(line)), Array(rest.prefix(size))))
      rest = rest.dropFirst(size)
      guard rest.popFirst() == 10 else {
        Issue.record("no line feed behind a value of \(size) bytes")
        return fields
      }
    }
    #expect(rest.isEmpty, "a datagram ends with a line feed")
    return fields
  }
}

extension [(name: String, value: [UInt8])] {
  fileprivate func all(_ name: String) -> [String] {
    filter { $0.name == name }.map { text($0.value) }
  }

  fileprivate subscript(name: String) -> String? { all(name).count == 1 ? all(name)[0] : nil }
}

private func sink(_ journal: JournalAddress, descriptor: Int32 = -1, bytesMax: Int = 1_048_576) -> LogSink {
  LogSink(descriptor: descriptor, bytesMax: bytesMax, format: .journal, journal: journal)
}

private func delivery(path: String = "/hook") -> DeliveryRecord {
  var record = DeliveryRecord(
    requestID: "01J-abc", outcome: .forwarded, status: 201, route: "/hook", remote: "192.0.2.7",
    method: "POST", path: path)
  record.bodyBytes = 1024
  record.secretPosition = 1
  record.secretFingerprint = "1a2b3c4d"
  record.ageSeconds = -2
  record.upstream = "http://127.0.0.1:8000/"
  record.attempts = 1
  record.upstreamStatus = 201
  record.upstreamNanoseconds = 7_000_000
  return record
}

@Test(.ownThread) func `a delivery is one entry with a field for each of its facts`() throws {
  let journal = try FakeJournal()
  let sink = sink(journal.address())
  DeliveryLog(sink: sink, format: .journal).record(delivery())
  let entry = try #require(journal.next())
  #expect(entry["PRIORITY"] == "6")
  #expect(entry["SYSLOG_IDENTIFIER"] == "vesigate")
  #expect(
    entry["MESSAGE"]
      == "level=info msg=delivery outcome=forwarded status=201 route=/hook method=POST path=/hook "
      + "remote=192.0.2.7 request_id=01J-abc body_bytes=1024 secret=1:1a2b3c4d age_s=-2 "
      + "upstream=http://127.0.0.1:8000/ attempts=1 upstream_status=201 upstream_ms=7.000 total_ms=0.000")
  let expected = [
    "LEVEL": "info", "MSG": "delivery", "OUTCOME": "forwarded", "STATUS": "201", "ROUTE": "/hook",
    "METHOD": "POST", "PATH": "/hook", "REMOTE": "192.0.2.7", "REQUEST_ID": "01J-abc", "BODY_BYTES": "1024",
    "SECRET": "1:1a2b3c4d", "AGE_S": "-2", "UPSTREAM": "http://127.0.0.1:8000/", "ATTEMPTS": "1",
    "UPSTREAM_STATUS": "201", "UPSTREAM_MS": "7.000", "TOTAL_MS": "0.000",
  ]
  for (name, value) in expected { #expect(entry["VESIGATE_\(name)"] == value, "\(name)") }
  #expect(entry.count == expected.count + 3)
}

@Test(.ownThread) func `a path that imitates an entry stays inside its field, whole`() throws {
  let journal = try FakeJournal()
  let sink = sink(journal.address())
  let forged = "/x\nPRIORITY=0\nMESSAGE=all is well\n\u{1B}[2J\" \\x0a ü"
  DeliveryLog(sink: sink, format: .journal).record(delivery(path: forged))
  let entry = try #require(journal.next())
  #expect(entry["VESIGATE_PATH"] == forged)
  #expect(entry["PRIORITY"] == "6")
  #expect(entry["MESSAGE"]?.contains("path=\"/x\\x0aPRIORITY=0\\x0aMESSAGE=all is well\\x0a\\x1b[2J") == true)
  #expect(entry["VESIGATE_REMOTE"] == "192.0.2.7")
}

@Test(.ownThread) func `every value of one byte and of two comes through as it was`() throws {
  let values = (0..<0x800).compactMap { Unicode.Scalar($0) }.map { "a" + String($0) + "b" } + ["", " ", "\\"]
  var entry = JournalEntry()
  for value in values {
    var line = LogLine(.journal, level: .error, unixMilliseconds: 0)
    line.add("v", value)
    line.add("after", "end")
    line.finished().withUnsafeBufferPointer { entry.encode($0) }
    let fields = FakeJournal.parsed(entry.bytes[...])
    guard fields["VESIGATE_V"] == value, fields["VESIGATE_AFTER"] == "end", fields["PRIORITY"] == "3" else {
      Issue.record("\(value.debugDescription) became \(fields)")
      return
    }
  }
}

@Test(.ownThread) func `what the program says of itself has its metadata as fields`() throws {
  let journal = try FakeJournal()
  let sink = sink(journal.address())
  let logger = Logger(label: "test") { _ in GatewayLogHandler(sink: sink, format: .journal, level: .info) }
  logger.warning("two\nlines", metadata: ["some.key-Name": "a b", "file": "/etc/x"])
  let entry = try #require(journal.next())
  #expect(entry["PRIORITY"] == "4")
  #expect(entry["VESIGATE_MSG"] == "two\nlines")
  #expect(entry["VESIGATE_SOME_KEY_NAME"] == "a b")
  #expect(entry["VESIGATE_FILE"] == "/etc/x")
  #expect(entry["MESSAGE"] == "level=warning msg=\"two\\x0alines\" file=/etc/x some.key-Name=\"a b\"")
}

@Test(.ownThread) func `the longest line is one entry`() throws {
  let journal = try FakeJournal()
  let sink = sink(journal.address())
  let logger = Logger(label: "test") { _ in GatewayLogHandler(sink: sink, format: .journal, level: .info) }
  let long = String(repeating: "\u{1}", count: 4096)
  logger.error("\(long)", metadata: ["a": "\(long)", "b": "\(long)", "c": "\(long)"])
  let entry = try #require(journal.next())
  #expect(entry["VESIGATE_MSG"] == long)
  #expect(entry["VESIGATE_C"] == String(repeating: "\u{1}", count: 1024) + "...")
}

@Test(.ownThread) func `without a journal its lines go to the descriptor, with their priority`() throws {
  let pipe = try LogPipe()
  let sink = sink(JournalAddress(path: "/nonexistent/socket"), descriptor: pipe.writeEnd)
  DeliveryLog(sink: sink, format: .journal).record(delivery())
  #expect(sink.flush(millisecondsMax: 10_000))
  #expect(pipe.readAvailable().hasPrefix("<6>level=info msg=delivery outcome=forwarded "))
  #expect(sink.linesDropped == 0)
}

@Test(.ownThread) func `entries go to the journal again when it is back`() throws {
  let journal = try FakeJournal()
  let pipe = try LogPipe()
  let sink = sink(journal.address(), descriptor: pipe.writeEnd)
  sink.append(Array("<6>n=0\n".utf8))
  #expect(journal.next()?["VESIGATE_N"] == "0")
  journal.stop()
  sink.append(Array("<6>n=1\n".utf8))
  #expect(sink.flush(millisecondsMax: 10_000))
  #expect(pipe.readAvailable() == "<6>n=1\n")
  try journal.listen()
  // It is knocked at once a second.
  var count = 1
  repeat {
    count += 1
    sink.append(Array("<6>n=\(count)\n".utf8))
    #expect(sink.flush(millisecondsMax: 10_000))
    usleep(10_000)
  } while pipe.readAvailable() == "<6>n=\(count)\n" && count < 3000
  #expect(journal.next()?["VESIGATE_N"] == "\(count)")
}

@Test(.ownThread) func `a journal that takes nothing blocks no producer, and what was left out is told`()
  throws
{
  let journal = try FakeJournal()
  let sink = sink(journal.address(waitMillisecondsMax: 20), bytesMax: 100_000)
  let line = Array("<6>v=\(String(repeating: "x", count: 92))\n".utf8)
  // Many times what buffer and socket hold; with a producer that blocked this would never end.
  let count = 50_000
  for _ in 0..<count { sink.append(line) }
  #expect(!sink.flush(millisecondsMax: 20))
  var entries = 0
  var told = 0
  while entries + told < count, let entry = journal.next() {
    if let dropped = entry["VESIGATE_LINES_DROPPED"] {
      told += Int(dropped) ?? 0
      #expect(entry["VESIGATE_MSG"] == "dropped \(dropped) log lines")
      #expect(entry["PRIORITY"] == "4")
    } else {
      entries += 1
    }
  }
  #expect(entries + told == count)
  #expect(told == sink.linesDropped)
  #expect(told > count / 2)
  sink.append(Array("<6>v=again\n".utf8))
  #expect(journal.next()?["VESIGATE_V"] == "again")
}
