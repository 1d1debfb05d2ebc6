import Gateway
import Testing

@testable import Telemetry

private func refusal(_ reason: String, route: String? = "/a", outcome: DeliveryRecord.Outcome = .refused)
  -> DeliveryRecord
{
  var record = DeliveryRecord(
    requestID: "r", outcome: outcome, status: 401, route: route, remote: "unix:", method: "POST", path: "/a")
  record.reason = reason
  return record
}

private func kind(_ reason: String, _ route: String? = "/a") -> RefusalLimit.Kind {
  .init(route: route, reason: reason)
}

@Test func `each kind of refusal has its own lines in each minute`() {
  let limit = RefusalLimit(linesMax: 2)
  func admitted(_ kind: RefusalLimit.Kind, at seconds: Int64, count: Int) -> Int {
    (0..<count).count { _ in limit.admits(kind, unixMilliseconds: seconds * 1000) }
  }
  #expect(admitted(kind("mismatch"), at: 0, count: 5) == 2)
  #expect(admitted(kind("mismatch"), at: 59, count: 5) == 0)
  #expect(admitted(kind("stale"), at: 59, count: 5) == 2)
  #expect(admitted(kind("mismatch", "/b"), at: 59, count: 5) == 2)
  #expect(admitted(kind("mismatch", nil), at: 59, count: 5) == 2)
  #expect(admitted(kind("mismatch"), at: 60, count: 5) == 2)
}

@Test func `what was left out is told once, when its minute is over`() {
  let limit = RefusalLimit(linesMax: 1)
  for _ in 0..<10 { _ = limit.admits(kind("mismatch"), unixMilliseconds: 0) }
  for _ in 0..<4 { _ = limit.admits(kind("stale"), unixMilliseconds: 30_000) }
  _ = limit.admits(kind("malformed", nil), unixMilliseconds: 0)
  func told(_ now: Int64, all: Bool = false) -> [RefusalLimit.Kind: Int] {
    Dictionary(
      uniqueKeysWithValues: limit.takeLeftOut(unixMilliseconds: now, all: all).map { ($0.kind, $0.count) })
  }
  #expect(told(59_999).isEmpty)
  #expect(told(60_000) == [kind("mismatch"): 9])
  #expect(told(60_000).isEmpty)
  #expect(told(60_000, all: true) == [kind("stale"): 3])
}

@Test func `a minute that begins before the last was told adds to it`() {
  let limit = RefusalLimit(linesMax: 1)
  for now in [Int64(0), 0, 60_000, 60_000] { _ = limit.admits(kind("mismatch"), unixMilliseconds: now) }
  #expect(limit.takeLeftOut(unixMilliseconds: 120_000, all: false).map(\.count) == [2])
}

@Test func `a clock that is set back silences nobody`() {
  let limit = RefusalLimit(linesMax: 1)
  #expect(limit.admits(kind("mismatch"), unixMilliseconds: 1_000_000))
  #expect(!limit.admits(kind("mismatch"), unixMilliseconds: 1_000_000))
  #expect(limit.admits(kind("mismatch"), unixMilliseconds: 5))
}

@Test func `a flood of refusals gets its lines, and a count of the others`() throws {
  let pipe = try LogPipe(bytesMax: 1 << 20)
  let sink = LogSink(descriptor: pipe.writeEnd)
  let log = DeliveryLog(sink: sink, format: .logfmt, refusedPerMinuteMax: 3)
  var verified = refusal("unused", outcome: .forwarded)
  verified.reason = nil
  verified.secretPosition = 0
  var failed = verified
  failed.outcome = .failed
  failed.reason = "upstream-connect"
  for _ in 0..<100 {
    log.recordUntaken(UntakenAnswer(requestID: "r1", remote: "192.0.2.7"), at: .reply)
    log.record(refusal("mismatch"))
    log.record(refusal("sender-gone", outcome: .abandoned))
    log.record(refusal("mismatch", outcome: .observed))
    log.record(verified)
    log.record(failed)
  }
  log.tellLeftOut(all: true)
  #expect(sink.flush(millisecondsMax: 10_000))
  let lines = pipe.readAvailable().split(separator: "\n")
  func count(_ text: String) -> Int { lines.count { $0.contains(text) } }
  #expect(count(" reason=reply-seconds-max remote=") == 3)
  #expect(count(" outcome=refused ") == 3)
  #expect(count(" outcome=abandoned ") == 3)
  #expect(count(" outcome=observed ") == 100)
  #expect(count(" outcome=forwarded ") == 100)
  #expect(count(" outcome=failed ") == 100)
  #expect(
    lines.suffix(3).map { $0.drop { $0 != " " } } == [
      " level=notice msg=\"refusals left out of the log\" reason=reply-seconds-max left_out=97",
      " level=notice msg=\"refusals left out of the log\" reason=mismatch route=/a left_out=97",
      " level=notice msg=\"refusals left out of the log\" reason=sender-gone route=/a left_out=97",
    ])
  #expect(log.linesLeftOut == 97 + 97 + 97)
}
