import Glibc
import Logging
import TestSupport
import Testing

@testable import Telemetry

/// A pipe whose reader reads only when told to.
final class LogPipe: Sendable {
  let readEnd: Int32
  let writeEnd: Int32

  /// Lines that are written one after the other fill its pages badly: `bytesMax` is for many that nobody reads yet.
  init(bytesMax: Int32? = nil) throws {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    (readEnd, writeEnd) = (ends[0], ends[1])
    if let bytesMax { try #require(fcntl(writeEnd, Self.setSize, bytesMax) >= bytesMax) }
    _ = fcntl(readEnd, F_SETFL, O_NONBLOCK)
  }

  /// F_SETPIPE_SZ of linux/fcntl.h, which Glibc's module leaves out.
  private static let setSize: Int32 = 1031

  // The descriptors are left open: a writer that is still blocked may outlive the test.

  /// Everything that is in the pipe now.
  func readAvailable() -> String {
    var all: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = Glibc.read(readEnd, &chunk, chunk.count)
      guard count > 0 else { return text(all) }
      all += chunk[..<count]
    }
  }

  /// Reads until `isEnough` of what came, or 30 s have gone.
  func read(until isEnough: (String) -> Bool) -> String {
    var all = ""
    for _ in 0..<30_000 {
      all += readAvailable()
      if isEnough(all) { return all }
      usleep(1000)
    }
    return all
  }
}

@Test(.ownThread) func `lines come out whole and in order`() throws {
  let pipe = try LogPipe()
  let sink = LogSink(descriptor: pipe.writeEnd)
  for index in 0..<1000 { sink.append(Array("line \(index)\n".utf8)) }
  #expect(sink.flush(millisecondsMax: 10_000))
  #expect(pipe.readAvailable() == (0..<1000).map { "line \($0)\n" }.joined())
  #expect(sink.linesDropped == 0)
}

@Test(.ownThread) func `lines from several threads are never mixed`() async throws {
  let pipe = try LogPipe()
  let sink = LogSink(descriptor: pipe.writeEnd)
  await withTaskGroup(of: Void.self) { group in
    for producer in 0..<4 {
      group.addTask {
        for index in 0..<500 { sink.append(Array("p\(producer) \(index)\n".utf8)) }
      }
    }
  }
  let lines = pipe.read { $0.utf8.filter { $0 == 0x0A }.count == 2000 }.split(separator: "\n")
  for producer in 0..<4 {
    let own = lines.filter { $0.hasPrefix("p\(producer) ") }
    #expect(own == (0..<500).map { "p\(producer) \($0)" })
  }
}

/// The numbers in the sink's own lines.
private func reported(_ text: String) -> [Int] {
  text.split(separator: "\n").compactMap { line in
    guard let mark = line.firstRange(of: " lines_dropped="),
      let count = Int(line[mark.upperBound...]),
      line.contains(" level=warning msg=\"dropped \(count) log lines\" ")
    else { return nil }
    return count
  }
}

@Test(.ownThread)
func `a log that nobody reads blocks no producer, and what was dropped is counted and told`() throws {
  let pipe = try LogPipe()
  let bytesMax = 100_000
  let sink = LogSink(descriptor: pipe.writeEnd, bytesMax: bytesMax, format: .logfmt)
  let line = Array((String(repeating: "x", count: 99) + "\n").utf8)
  // Ten times what buffer and pipe hold together; with a producer that blocked this would never end.
  let count = 20_000
  for _ in 0..<count { sink.append(line) }
  let dropped = sink.linesDropped
  #expect(dropped >= count - (bytesMax + 65_536) / line.count - 1)
  #expect(dropped < count)
  #expect(!sink.flush(millisecondsMax: 20))

  // The writer may have come to report more than once; its reports add up.
  let all = pipe.read { reported($0).reduce(0, +) == dropped && $0.hasSuffix("\n") }
  let reports = reported(all)
  #expect(reports.reduce(0, +) == dropped)
  let lines = all.split(separator: "\n")
  #expect(lines.count == count - dropped + reports.count)
  #expect(lines.count { $0.utf8.count == 99 && $0.allSatisfy { $0 == "x" } } == count - dropped)

  sink.append(Array("room again\n".utf8))
  #expect(pipe.read { $0.hasSuffix("\n") } == "room again\n")
  #expect(sink.linesDropped == dropped)
}

@Test(.ownThread) func `flush ends in bounded time when nobody reads`() throws {
  let pipe = try LogPipe()
  let sink = LogSink(descriptor: pipe.writeEnd)
  sink.append([UInt8](repeating: UInt8(ascii: "x"), count: 200_000))
  #expect(!sink.flush(millisecondsMax: 50))
}

@Test(.ownThread) func `a non-blocking descriptor loses nothing`() throws {
  let pipe = try LogPipe()
  _ = fcntl(pipe.writeEnd, F_SETFL, O_NONBLOCK)
  let sink = LogSink(descriptor: pipe.writeEnd)
  let line = String(repeating: "y", count: 999) + "\n"
  for _ in 0..<500 { sink.append(Array(line.utf8)) }
  let all = pipe.read { $0.utf8.count == 500_000 }
  #expect(all == String(repeating: line, count: 500))
  #expect(sink.linesDropped == 0)
}

@Test(.ownThread) func `a descriptor that fails loses its lines, counted, and stops nothing`() {
  let sink = LogSink(descriptor: -1)
  sink.append(Array("one\n".utf8))
  sink.append(Array("two\n".utf8))
  #expect(sink.flush(millisecondsMax: 10_000))
  #expect(sink.linesDropped == 2)
}

@Test(.ownThread) func `what was appended before the sink goes is still written`() throws {
  let pipe = try LogPipe()
  do {
    let sink = LogSink(descriptor: pipe.writeEnd)
    sink.append(Array("last words\n".utf8))
  }
  #expect(pipe.read { $0.hasSuffix("\n") } == "last words\n")
}

@Test(.ownThread) func `the handler writes message, merged metadata and error as one line`() throws {
  struct Broken: Error {}
  let pipe = try LogPipe()
  let sink = LogSink(descriptor: pipe.writeEnd)
  var logger = Logger(label: "test") { _ in
    var handler = GatewayLogHandler(sink: sink, format: .journal, level: .notice)
    handler.metadataProvider = Logger.MetadataProvider { ["b": "provided", "c": "provided"] }
    return handler
  }
  logger[metadataKey: "a"] = "own"
  logger[metadataKey: "b"] = "own"
  logger.info("below the level")
  logger.warning(
    "reload failed", error: Broken(), metadata: ["c": "event", "odd key\n": "x\ny", "n": "\(42)"])
  #expect(sink.flush(millisecondsMax: 10_000))
  #expect(
    pipe.readAvailable() == """
      <4>level=warning msg="reload failed" a=own b=provided c=event n=42 odd_key_="x\\x0ay" \
      error=Broken()\n
      """)
}

@Test(.ownThread) func `a copied logger's level and metadata are its own`() {
  var first = Logger(label: "first") { _ in
    GatewayLogHandler(sink: LogSink(descriptor: -1), format: .logfmt, level: .info)
  }
  first.logLevel = .debug
  first[metadataKey: "only-on"] = "first"
  var second = first
  second.logLevel = .error
  second[metadataKey: "only-on"] = "second"
  #expect(first.logLevel == .debug)
  #expect(second.logLevel == .error)
  #expect(first[metadataKey: "only-on"] == "first")
  #expect(second[metadataKey: "only-on"] == "second")
}
