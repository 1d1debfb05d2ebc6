import Formats
import Foundation
import Gateway
import Logging
import Signing
import Testing

@testable import Telemetry

private let noon: Int64 = 1_763_726_400_000

private func full() -> DeliveryRecord {
  var record = DeliveryRecord(
    requestID: "01J-abc", outcome: .forwarded, status: 201, route: "/webhooks/vesicash",
    remote: "192.0.2.7", method: "POST", path: "/webhooks/vesicash")
  record.bodyBytes = 1024
  record.secretPosition = 0
  record.secretFingerprint = "1a2b3c4d"
  record.ageSeconds = -2
  record.upstream = "http://127.0.0.1:8000/vesicash"
  record.attempts = 1
  record.upstreamStatus = 201
  record.verifyNanoseconds = 12_345
  record.upstreamNanoseconds = 7_000_000
  record.totalNanoseconds = 1_007_050_999
  return record
}

private func refusal(
  _ rejection: Rejection, path: String = "/hook", route: String = "/hook"
) -> DeliveryRecord {
  var record = DeliveryRecord(
    requestID: "r1", outcome: .refused, status: rejection.status, route: route, remote: "unix:",
    method: "POST", path: path)
  record.reason = rejection.label
  record.detail = rejection.detail
  return record
}

private func written(_ record: DeliveryRecord, _ format: LogFormat = .logfmt) -> String {
  text(DeliveryLog.line(for: record, format: format, unixMilliseconds: noon))
}

@Test func `a forwarded delivery's line reads in one fixed order`() {
  #expect(
    written(full()) == """
      time=2025-11-21T12:00:00.000Z level=info msg=delivery outcome=forwarded status=201 \
      route=/webhooks/vesicash method=POST path=/webhooks/vesicash remote=192.0.2.7 \
      request_id=01J-abc body_bytes=1024 secret=0:1a2b3c4d age_s=-2 \
      upstream=http://127.0.0.1:8000/vesicash attempts=1 upstream_status=201 \
      verify_ms=0.012 upstream_ms=7.000 total_ms=1007.050\n
      """)
}

@Test func `a test's line says so`() {
  var record = full()
  record.isTest = true
  #expect(written(record).contains(" request_id=01J-abc test=true body_bytes=1024 "))
}

@Test func `the journal's line is the same without its time`() {
  #expect(written(full(), .journal).hasPrefix("<6>level=info msg=delivery outcome=forwarded status=201 "))
}

@Test func `the JSON line is an object with numbers as numbers`() throws {
  let line = Data(written(full(), .json).utf8)
  let object = try #require(try JSONSerialization.jsonObject(with: line) as? [String: Any])
  #expect(object["time"] as? String == "2025-11-21T12:00:00.000Z")
  #expect(object["status"] as? Int == 201)
  #expect(object["secret"] as? String == "0:1a2b3c4d")
  #expect(object["age_s"] as? Int == -2)
  #expect(object["total_ms"] as? Double == 1007.05)
  #expect(object.count == 19)
}

@Test func `what is absent has no field`() {
  #expect(
    written(refusal(.unverified(.mismatch))) == """
      time=2025-11-21T12:00:00.000Z level=notice msg=delivery outcome=refused status=401 \
      reason=mismatch route=/hook method=POST path=/hook remote=unix: request_id=r1 body_bytes=0 \
      total_ms=0.000\n
      """)
}

@Test func `an answer that was not taken has a line of its own`() {
  let answer = UntakenAnswer(requestID: "01J-abc", remote: "192.0.2.7")
  let line = text(
    DeliveryLog.line(for: answer, at: .reply, format: .logfmt, unixMilliseconds: noon))
  #expect(
    line == """
      time=2025-11-21T12:00:00.000Z level=notice \
      msg="a sender did not take its answer, the connection was reset; it may send again" \
      reason=reply-seconds-max remote=192.0.2.7 request_id=01J-abc\n
      """)
}

@Test func `what has the key of another and another body is a warning, be it stored or forwarded`() {
  for outcome in [DeliveryRecord.Outcome.forwarded, .stored] {
    var record = full()
    record.outcome = outcome
    #expect(written(record).contains(" level=info "))
    record.hasOtherBody = true
    #expect(written(record).contains(" level=warning "))
  }
}

@Test func `a stale delivery is a warning and says how old it is`() {
  let line = written(refusal(.unverified(.stale(ageSeconds: 900))))
  #expect(line.contains(" level=warning "))
  #expect(line.contains(" reason=stale detail=\"signature right, signed 900 s ago\" "))
}

@Test(arguments: [
  (DeliveryRecord.Outcome.forwarded, Logger.Level.info), (.observed, .warning), (.refused, .notice),
  (.failed, .error), (.appError, .warning), (.abandoned, .notice),
])
func `each outcome has its level`(outcome: DeliveryRecord.Outcome, level: Logger.Level) {
  var record = full()
  record.outcome = outcome
  #expect(DeliveryLog.level(of: record) == level)
}

@Test(arguments: LogFormat.allCases)
func `a path that imitates a log line stays inside its own field`(format: LogFormat) throws {
  let forged = "/x\n<6>level=info msg=delivery outcome=forwarded\r\n\u{1B}[2J"
  let line = written(refusal(.noSuchPath, path: forged), format)
  #expect(line.utf8.filter { $0 == 0x0A }.count == 1)
  #expect(line.utf8.last == 0x0A)
  #expect(!line.contains("\u{1B}"))
  if format == .json {
    let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
    #expect(object?["path"] as? String == forged)
  } else if format != .short {
    #expect(line.contains("path=\"/x\\x0a<6>level=info"))
  }
}

@Test func `one refusal of a route in a minute says how to find out why`() throws {
  let pipe = try LogPipe()
  let sink = LogSink(descriptor: pipe.writeEnd, format: .logfmt)
  let log = DeliveryLog(sink: sink, format: .logfmt)
  for _ in 0..<5 { log.record(refusal(.unverified(.mismatch), route: "hooks.example/a")) }
  log.record(refusal(.unverified(.mismatch), route: "/b"))
  log.record(refusal(.unverified(.signatureMissing), route: "/c"))
  log.record(full())
  #expect(sink.flush(millisecondsMax: 10_000))
  let hints = pipe.readAvailable().split(separator: "\n").filter { $0.contains(" hint=") }
  #expect(hints.count == 2)
  #expect(hints.first?.hasSuffix(" hint=\"vesigate capture --route /a, then vesigate diagnose\"") == true)
  #expect(hints.last?.contains("--route /b,") == true)
}

@Test func `deliveries refused leaves out what went as it should`() throws {
  let pipe = try LogPipe()
  let sink = LogSink(descriptor: pipe.writeEnd, format: .logfmt)
  let log = DeliveryLog(sink: sink, format: .logfmt, deliveries: .refused)
  log.record(full())
  log.record(refusal(.noSuchPath))
  var failed = full()
  failed.outcome = .appError
  log.record(failed)
  failed.outcome = .failed
  log.record(failed)
  #expect(sink.flush(millisecondsMax: 10_000))
  let lines = pipe.readAvailable().split(separator: "\n")
  #expect(lines.map { $0.contains("outcome=refused") } == [true, false, false])
  #expect(lines.dropFirst().first?.contains("level=warning msg=delivery outcome=app-error") == true)
  #expect(lines.last?.contains("level=error msg=delivery outcome=failed") == true)
}

@Test func `lines below the level are left out`() throws {
  let pipe = try LogPipe()
  let sink = LogSink(descriptor: pipe.writeEnd)
  let log = DeliveryLog(sink: sink, format: .logfmt, level: .warning)
  log.record(full())
  log.record(refusal(.unverified(.mismatch)))
  log.record(refusal(.unverified(.stale(ageSeconds: 400))))
  #expect(sink.flush(millisecondsMax: 10_000))
  let lines = pipe.readAvailable().split(separator: "\n")
  #expect(lines.count == 1)
  #expect(lines.first?.contains("reason=stale") == true)
}
