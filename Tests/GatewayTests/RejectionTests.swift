import Formats
import Gateway
import HTTP
import Signing
import Testing

@Suite struct RejectionTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let rejection: Rejection
    let status: Int
    let closes: Bool
    var testDescription: String { rejection.label }
  }

  private static func upstream(_ kind: ForwardFailure.Kind) -> Rejection {
    .upstream(ForwardFailure(stage: .sending, kind: kind, detail: "d"))
  }

  static let rows = [
    Row(rejection: .unverified(.mismatch), status: 401, closes: false),
    Row(rejection: .malformed("rule"), status: 400, closes: true),
    Row(rejection: .ambiguousPath, status: 400, closes: true),
    Row(rejection: .versionNotSupported, status: 505, closes: true),
    Row(rejection: .requestLineTooLong, status: 414, closes: true),
    Row(rejection: .headTooLarge(.bytes), status: 431, closes: true),
    Row(rejection: .headTooLarge(.fields), status: 431, closes: true),
    Row(rejection: .bodyTooLarge, status: 413, closes: true),
    Row(rejection: .headTimeout, status: 408, closes: true),
    Row(rejection: .bodyTimeout, status: 408, closes: true),
    Row(rejection: .noSuchPath, status: 404, closes: true),
    Row(rejection: .methodNotAllowed(allowed: ["POST"]), status: 405, closes: true),
    Row(rejection: .expectationFailed, status: 417, closes: true),
    Row(rejection: .tooBusy(.connections), status: 503, closes: true),
    Row(rejection: .tooBusy(.inFlight), status: 503, closes: true),
    Row(rejection: .tooBusy(.inFlightBytes), status: 503, closes: true),
    Row(rejection: .lookTimeout, status: 503, closes: false),
    Row(rejection: .secretUnread, status: 503, closes: false),
    Row(rejection: .secretUntaken, status: 503, closes: false),
    Row(rejection: .rotating(.deliveries), status: 503, closes: false),
    Row(rejection: .rotating(.bytes), status: 503, closes: false),
    Row(rejection: .rotating(.seconds), status: 503, closes: false),
    Row(rejection: .rotating(.unfinished), status: 503, closes: false),
    Row(rejection: .rotating(.byHand), status: 503, closes: false),
    Row(rejection: .rotating(.over), status: 503, closes: false),
    Row(rejection: upstream(.connectTimeout), status: 504, closes: false),
    Row(rejection: upstream(.firstByteTimeout), status: 504, closes: false),
    Row(rejection: upstream(.totalTimeout), status: 504, closes: false),
    Row(rejection: upstream(.connect), status: 502, closes: false),
    Row(rejection: upstream(.closed), status: 502, closes: false),
    Row(rejection: upstream(.unparsable), status: 502, closes: false),
    Row(rejection: upstream(.deadConnection), status: 502, closes: false),
  ]

  @Test(arguments: rows)
  func `each refusal has its status and says whether the connection ends`(row: Row) {
    #expect(row.rejection.status == row.status)
    #expect(row.rejection.closesConnection == row.closes)
    #expect(row.rejection.retryAfterSeconds == (row.status == 503 ? 1 : nil))
    #expect(row.rejection.label.utf8.allSatisfy { $0 == UInt8(ascii: "-") || $0.isASCIILetter })
    #expect(row.rejection.publicText.hasSuffix("."))
  }

  @Test func `labels tell refusals apart`() {
    #expect(Set(Self.rows.map(\.rejection.label)).count == Self.rows.count)
  }

  @Test func `only a failure to connect may be tried elsewhere`() {
    for stage in [ForwardFailure.Stage.connecting, .sending, .answering] {
      let failure = ForwardFailure(stage: stage, kind: .connectTimeout, detail: "d")
      #expect(failure.isSafeToRetry == (stage == .connecting))
    }
  }

  @Test func `the sender is told that an upstream could not be reached only where it was not`() {
    for kind in ForwardFailure.Kind.allCases {
      for stage in [ForwardFailure.Stage.connecting, .sending, .answering] {
        let failure = ForwardFailure(stage: stage, kind: kind, detail: "d")
        let wanted =
          failure.isTimeout
          ? "The upstream did not answer in time."
          : stage == .connecting
            ? "The upstream could not be reached." : "The upstream gave no answer that could be used."
        #expect(Rejection.upstream(failure).publicText == wanted)
      }
    }
  }

  @Test func `a stale delivery's age is told to either side`() {
    #expect(Rejection.unverified(.stale(ageSeconds: 301)).detail == "signature right, signed 301 s ago")
    #expect(
      Rejection.unverified(.stale(ageSeconds: -301)).detail == "signature right, signed 301 s in the future")
  }
}
