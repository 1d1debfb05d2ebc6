import Formats
import Foundation
import Gateway
import Logging
import Testing

@testable import Telemetry

/// A delivery in a short line, and as `vesigate tail` gets it.
@Suite struct GlanceTests {
  private static let noon: Int64 = 1_763_726_400_000

  private static func record(_ outcome: DeliveryRecord.Outcome = .forwarded, _ status: Int = 200)
    -> DeliveryRecord
  {
    var record = DeliveryRecord(
      requestID: "01J-abc", outcome: outcome, status: status, route: "/hook", remote: "192.0.2.7",
      method: "POST",
      path: "/hook")
    record.totalNanoseconds = 4_870_000
    return record
  }

  private func line(_ record: DeliveryRecord, hint: String? = nil, _ format: LogFormat = .short) -> String {
    text(DeliveryLog.line(for: record, hint: hint, format: format, unixMilliseconds: Self.noon))
  }

  @Test func `a short line has the time, what the sender got, the route and how long it took`() {
    #expect(line(Self.record()) == "2025-11-21 12:00:00 200 /hook 4.8 ms\n")
  }

  @Test func `and what did not go as it should`() {
    var refused = Self.record(.refused, 401)
    refused.reason = "mismatch"
    refused.totalNanoseconds = 12_999_999
    #expect(
      line(refused, hint: "vesigate capture")
        == "2025-11-21 12:00:00 401 /hook refused: mismatch 12 ms (vesigate capture)\n")
    #expect(line(Self.record(.appError, 500)) == "2025-11-21 12:00:00 500 /hook app-error 4.8 ms\n")
    var gone = Self.record(.abandoned, 0)
    gone.route = nil
    gone.reason = "sender-gone"
    #expect(line(gone) == "2025-11-21 12:00:00 --- - abandoned: sender-gone 4.8 ms\n")
  }

  @Test func `an attempt to deliver what is stored says which it is`() {
    let attempt = QueuedAttemptRecord(
      delivery: PublicID(unixMilliseconds: 1, random: (2, 3)), route: "/hook", upstream: "http://a/",
      attempt: 2,
      outcome: .retried, status: 503, reason: nil, nanoseconds: 12_000_000, millisecondsSinceAccepted: 1)
    let line = text(DeliveryLog.line(for: attempt, format: .short, unixMilliseconds: Self.noon))
    #expect(line == "2025-11-21 12:00:00 503 /hook attempt 2 retried 12 ms\n")
  }

  @Test func `the program's own sentences are lines as short`() {
    let handler = GatewayLogHandler(sink: LogSink(descriptor: -1), format: .short, level: .info)
    let event = LogEvent(
      level: .notice, message: "ready\u{1B}[2J\n", metadata: ["listen": "127.0.0.1:1 and more"], source: "",
      file: "",
      function: "", line: 1)
    let line = text(handler.line(for: event, unixMilliseconds: Self.noon))
    #expect(line == "2025-11-21 12:00:00 notice ready\\x1b[2J\\x0a listen=\"127.0.0.1:1 and more\"\n")
  }

  private static let hostile = "a b\n2025-11-21 200 /x\u{1B}[31m\u{202E}\"\\"

  private static let fields = [
    BodyField(name: "event", value: "payment.success", isLogged: true),
    BodyField(name: "data.reference", value: hostile, isLogged: true),
    BodyField(name: "data.secret", value: "unnamed", isLogged: false),
  ]

  @Test(arguments: LogFormat.allCases)
  func `named fields stand in the line, escaped, and no others`(format: LogFormat) throws {
    var record = Self.record()
    record.fields = Self.fields
    let line = line(record, format)
    #expect(
      line.utf8.filter { $0 == 0x0A }.count == 1 && !line.contains("\u{1B}") && !line.contains("unnamed"))
    switch format {
    case .json:
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      #expect(object?["field.event"] as? String == "payment.success")
      #expect(object?["field.data.reference"] as? String == Self.hostile)
    case .short:
      #expect(
        line.hasPrefix("2025-11-21 12:00:00 200 /hook payment.success \"a b\\x0a2025-11-21 200 /x\\x1b[31m"))
    case .logfmt, .journal:
      #expect(line.contains(" field.event=payment.success field.data.reference=\"a b\\x0a2025"))
    }
  }

  @Test func `in the journal each has a name of its own and the bytes that it had`() throws {
    var record = Self.record()
    record.fields = Self.fields
    let line = DeliveryLog.line(for: record, format: .journal, unixMilliseconds: Self.noon)
    var entry = JournalEntry()
    line.withUnsafeBufferPointer { entry.encode($0) }
    let bytes = String(decoding: entry.bytes, as: UTF8.self)
    #expect(bytes.contains("\nVESIGATE_FIELD_EVENT=payment.success\n"))
    #expect(bytes.contains("\nVESIGATE_FIELD_DATA_REFERENCE\n") && bytes.contains(Self.hostile + "\n"))
  }

  @Test func `no name that an operator may give is longer than the journal's`() throws {
    let path = try #require(FieldPath(String(repeating: "z", count: FieldPath.bytesMax)))
    var record = Self.record()
    record.fields = [BodyField(name: path.text, value: "x", isLogged: true)]
    let line = DeliveryLog.line(for: record, format: .journal, unixMilliseconds: Self.noon)
    var entry = JournalEntry()
    line.withUnsafeBufferPointer { entry.encode($0) }
    let name = "\nVESIGATE_FIELD_" + path.text.uppercased()
    #expect(name.utf8.count - 1 <= 64 && String(decoding: entry.bytes, as: UTF8.self).contains(name + "=x\n"))
  }

  @Test func `it reads back as it was written, without what only few may see`() throws {
    var record = Self.record(.refused, 503)
    record.fields = Self.fields
    record.reason = "store-full"
    for (showsBody, count) in [(true, 3), (false, 2)] {
      let glance = Glance(record, at: Self.noon, showsBody: showsBody)
      let read = try #require(Glance(Array(glance.json.utf8)))
      #expect(read.json == glance.json && read.fields.all.count == count)
      #expect(read.words == glance.words && read.statusText == "503")
    }
    #expect(Glance(Array(#"{"at":1,"outcome":"later","more":[]}"#.utf8))?.words == "- later 0.0 ms")
    #expect(Glance(Array(#"{"dropped":1}"#.utf8)) == nil)
  }
}
