import TestSupport
import Testing

/// Every bound of a request, one below, on it and one above.
@Suite(.ownThread) struct FramingLimitHostileTests {
  private static let body = Array(RawCase.body.utf8)
  private static let delivered = RawCase.Expected.delivered(body)

  /// With so many bytes of header section, as `header-bytes-max` counts them.
  private static func section(of count: Int) -> [UInt8] {
    let plain = SignedRequest(RawCase.body)
    let used = plain.head.count - "POST /hook HTTP/1.1\r\n".utf8.count - 2
    return plain.with { $0.lines.append("X: " + String(repeating: "y", count: count - used - 5)) }.bytes
  }

  private static func line(of count: Int) -> [UInt8] {
    let used = "POST /hook? HTTP/1.1".utf8.count
    return SignedRequest(RawCase.body).with {
      $0.target = "/hook?" + String(repeating: "q", count: count - used)
    }.bytes
  }

  private static func fields(of count: Int) -> [UInt8] {
    // Host, two of the signature and the length are there.
    SignedRequest(RawCase.body).with { $0.lines += (4..<count).map { "X-\($0): y" } }.bytes
  }

  private static func endless(_ start: String, _ repeated: String, _ count: Int) -> [UInt8] {
    Array(start.utf8) + Array(String(repeating: repeated, count: count).utf8)
  }

  private static let heads: [RawCase] = [
    RawCase(.headBounds, "a header section on the bound", delivered) { section(of: 65_536) },
    RawCase(.headBounds, "a header section one over it", .refused([431])) { section(of: 65_537) },
    RawCase(.headBounds, "a header section far over it", .refused([431])) { section(of: 400_000) },
    RawCase(.headBounds, "a request line on the bound", delivered) { line(of: 8_192) },
    RawCase(.headBounds, "a request line one over it", .refused([414])) { line(of: 8_193) },
    RawCase(.headBounds, "a request line far over it", .refused([414])) { line(of: 300_000) },
    RawCase(.headBounds, "as many fields as are allowed", delivered) { fields(of: 100) },
    RawCase(.headBounds, "one field more", .refused([431])) { fields(of: 101) },
    RawCase(.headBounds, "10,000 fields", .refused([431])) { fields(of: 10_000) },
    RawCase(.headBounds, "a header that never ends", .refused([431])) {
      endless("POST /hook HTTP/1.1\r\nX: ", "y", 3_000_000)
    },
    RawCase(.headBounds, "a name that never ends", .refused([431])) {
      endless("POST /hook HTTP/1.1\r\n", "X", 300_000)
    },
    RawCase(.headBounds, "fields that never end", .refused([431])) {
      endless("POST /hook HTTP/1.1\r\n", "a:b\r\n", 60_000)
    },
    RawCase(.headBounds, "blanks that never end", .refused([431])) {
      endless("POST /hook HTTP/1.1\r\nX:", " ", 300_000)
    },
    RawCase(.headBounds, "a target that never ends", .refused([414])) { endless("POST /", "a", 3_000_000) },
    RawCase(.headBounds, "a method that never ends", .refused([400])) { endless("", "A", 300_000) },
    RawCase(.headBounds, "empty lines that never end", .refused([400])) { endless("", "\r\n", 100_000) },
    RawCase(.headBounds, "a version that never ends", .refused([400])) {
      endless("POST /hook HTTP/1.", "1", 9_000)
    },
    RawCase(.headBounds, "Connection options without end", .refused([431])) {
      endless("POST /hook HTTP/1.1\r\nConnection: ", "a,", 100_000)
    },
    RawCase(.headBounds, "a trailer section over the bound", .refused([431])) {
      SignedRequest(RawCase.body).with {
        $0.chunks = [10]
        $0.trailers = "X: " + String(repeating: "y", count: 70_000) + "\r\n"
      }.bytes
    },
    RawCase(.headBounds, "101 trailer fields", .refused([431])) {
      SignedRequest(RawCase.body).with {
        $0.chunks = [10]
        $0.trailers = String(repeating: "X: y\r\n", count: 101)
      }.bytes
    },
    RawCase(.headBounds, "a chunk extension without end", .refused([400])) {
      SignedRequest(RawCase.body).with { $0.chunks = [10] }.head + endless("a;x=\"", "y", 300_000)
    },
    RawCase(.headBounds, "chunk extensions without end", .refused([400])) {
      SignedRequest(RawCase.body).with { $0.chunks = [10] }.head + endless("a", ";x", 300_000)
    },
    RawCase(.headBounds, "zeros of a chunk size without end", .refused([400])) {
      SignedRequest(RawCase.body).with { $0.chunks = [10] }.head + endless("", "0", 300_000)
    },
  ]

  private static func sized(_ count: Int, _ chunks: [Int]?) -> [UInt8] {
    SignedRequest(bytes: [UInt8](repeating: 7, count: count)).with { $0.chunks = chunks }.bytes
  }

  private static let bodies: [RawCase] = [nil, [4_096], [1], [4_095, 1], [1, 4_095]].flatMap { chunks in
    let how = chunks.map { "in chunks of \($0)" } ?? "with a length"
    return [
      RawCase(.bodyBounds, "a body on the bound \(how)", .delivered([UInt8](repeating: 7, count: 4_096))) {
        sized(4_096, chunks)
      },
      RawCase(.bodyBounds, "a body one over it \(how)", .refused([413])) { sized(4_097, chunks) },
      RawCase(.bodyBounds, "a body far over it \(how)", .refused([413])) { sized(400_000, chunks) },
    ]
  }

  @Test func `a head beyond its bounds is cut off, one on them passes`() throws {
    try RawRunner().run(Self.heads)
  }

  @Test func `a body beyond its bound is cut off, one on it passes`() throws {
    try RawRunner(limits: "body-bytes-max: 4096").run(Self.bodies)
  }

  @Test func `a body that is announced too large is refused before it comes`() throws {
    let runner = try RawRunner(limits: "body-bytes-max: 4096")
    HostileTable.row(.bodyBounds, "a length one over the bound, no body sent", expected: "413, closed") {
      let client = try runner.gateway.connect()
      try client.send(SignedRequest(bytes: [UInt8](repeating: 7, count: 4_097)).head)
      let status = try client.response().status
      return "\(status), \(client.isClosedByPeer() ? "closed" : "open")"
    }
    try runner.serve()
  }
}
