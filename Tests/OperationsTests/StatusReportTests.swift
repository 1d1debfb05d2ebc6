import Formats
import Foundation
import Testing

@testable import Operations

/// A report as it goes over the socket: its keys, their order and how they read back are a promise.
struct StatusReportTests {
  @Test func `the line is JSON in the documented order, and reads back`() throws {
    var report = StatusTextTests.report
    report.routes[0].clock = .init()
    report.routes[0].clock?.finding = "in step"
    report.routes[0].lastRefusal = .init()
    report.routes[0].lastRefusal?.reason = "stale"
    report.upstreams[0].lastFailure = "\u{1B}"
    #expect(StatusReport(Array(report.line.utf8)) == report)
    let keys = report.line.matches(of: /"([A-Za-z]+)":/).map { String($0.1) }
    let route = [
      "name", "observe", "durable", "secretFile", "fingerprints", "previous", "fingerprint", "until",
      "fingerprint",
      "until",
      "secretModifiedAt", "secretGeneration", "toleranceSeconds", "outcomes", "forwarded", "observed",
      "refused",
      "refusals", "stale", "mismatch", "lastMinute", "milliseconds", "outcomes", "forwarded",
      "lastFiveMinutes",
      "milliseconds", "outcomes", "lastVerifiedAt", "lastRefusal", "reason", "at", "ageSeconds", "clock",
      "skewSeconds", "isAlarming", "finding", "upstreams", "queue", "delivered", "quarantined",
      "quarantineRelease",
    ]
    let upstream = [
      "name", "isFailing", "lastAnsweredAt", "lastStatus", "lastFailedAt", "lastFailure", "attempts",
      "recentAttempts", "recentErrors",
    ]
    #expect(
      keys == [
        "version", "pid", "now", "startedAt", "phase", "listen", "generation", "reload", "taken", "refused",
        "isLastTaken", "takenAt", "isClockSynchronised", "inFlight", "inFlightBytes", "held", "connections",
        "logLinesDropped", "remarks", "noRoute", "routes",
      ] + route + ["routesOmitted", "upstreams"] + upstream + ["store"])
    #expect(report.line.contains(#""isClockSynchronised":null"#) && report.line.hasSuffix("}\n"))
  }

  @Test func `a later daemon's line is told as it came, with the file's problem behind it`() {
    let line = #"{"version":"9","later":[1,2]}"#
    #expect(StatusReport.line(line, fileProblem: nil) == #"{"version":"9","later":[1,2],"fileProblem":null}"#)
    #expect(
      StatusReport.line(line, fileProblem: "no \"x\"")
        == #"{"version":"9","later":[1,2],"fileProblem":"no \"x\""}"#)
    #expect(StatusReport.line("nonsense", fileProblem: "x") == "nonsense")
  }

  @Test(arguments: ["version", "phase", "reload"])
  func `what lacks one of these is no report`(key: String) {
    let text = StatusTextTests.report.json.replacingOccurrences(of: "\"\(key)\":", with: "\"x\":")
    #expect(StatusReport(Array(text.utf8)) == nil)
  }

  @Test func `what cannot be counted in 64 bits is as much as they hold`() {
    let counts = Counts([(name: "a", count: UInt64.max), (name: "b", count: 1)])
    #expect(counts["a"] == .max && counts.total == .max && counts["c"] == nil)
  }
}
