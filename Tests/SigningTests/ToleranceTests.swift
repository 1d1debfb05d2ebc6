import Signing
import TestSupport
import Testing

@Suite struct ToleranceTests {
  private func judge(after seconds: Double, _ layout: SignatureLayout = .vesicash) -> Result<
    Proof, Unverified
  > {
    let fields = Signed(layout: layout).fields(over: sampleBody)
    return Judging(layout).judge(fields, sampleBody, at: moment(secondsAfterSample: seconds))
  }

  @Test(arguments: [0, 1, 299, 299.999, 300, -1, -299.999, -300])
  func `a timestamp inside 300 seconds to either side is fresh`(seconds: Double) {
    #expect(judge(after: seconds).isVerified)
  }

  @Test(arguments: [(300.001, 301), (301, 301), (86_400, 86_400), (-300.001, -301), (-301, -301)])
  func `a timestamp outside is stale by so many seconds`(seconds: Double, age: Int) {
    #expect(judge(after: seconds).reason == .stale(ageSeconds: age))
  }

  @Test func `a forged delivery is a mismatch whatever its age`() {
    let fields = Signed(key: [1]).fields(over: sampleBody)
    for seconds in [0.0, 301, -301] {
      let verdict = Judging().judge(fields, sampleBody, at: moment(secondsAfterSample: seconds))
      #expect(verdict.reason == .mismatch)
    }
  }

  @Test(arguments: [(1, 1.0, true), (1, 1.001, false), (3600, -3600, true), (3600, 3601, false)])
  func `the tolerance is what the layout says`(tolerance: Int, seconds: Double, isFresh: Bool) {
    var layout = SignatureLayout.vesicash
    layout.tolerance = .seconds(tolerance)
    #expect(judge(after: seconds, layout).isVerified == isFresh)
  }

  @Test func `unlimited takes any age, and still says it`() throws {
    var layout = SignatureLayout.vesicash
    layout.tolerance = .unlimited
    for seconds in [0, 1_000_000, -1_000_000] {
      #expect(try judge(after: Double(seconds), layout).get().ageSeconds == seconds)
    }
  }

  @Test func `the widest timestamps are stale and crash nothing`() {
    for timestamp in ["0", "999999999999999", "000000000000001"] {
      let fields = Signed(timestamp: timestamp).fields(over: sampleBody)
      let reason = Judging().judge(fields, sampleBody).reason
      guard case .stale? = reason else {
        Issue.record("\(timestamp) gave \(String(describing: reason))")
        continue
      }
    }
  }

  @Test func `a layout without a timestamp knows no age`() throws {
    let signed = Signed(layout: .github)
    let verdict = Judging(.github).judge(signed.fields(over: sampleBody), sampleBody)
    #expect(try verdict.get().ageSeconds == nil)
  }

  @Test func `a timestamp that is not signed is not looked at`() {
    let fields = Signed(layout: .github).fields(over: sampleBody) + [("mor-timestamp", "soon")]
    #expect(Judging(.github).judge(fields, sampleBody).isVerified)
  }

  @Test func `milliseconds are judged as milliseconds`() {
    let signed = Signed(layout: .revolut, timestamp: "1781519012000")
    let fields = signed.fields(over: sampleBody)
    let judging = Judging(.revolut)
    #expect(judging.judge(fields, sampleBody, at: moment(secondsAfterSample: 300)).isVerified)
    let late = judging.judge(fields, sampleBody, at: moment(secondsAfterSample: 300.001))
    #expect(late.reason == .stale(ageSeconds: 301))
    let seconds = Signed(layout: .revolut, timestamp: "1781519012").fields(over: sampleBody)
    guard case .stale? = judging.judge(seconds, sampleBody).reason else {
      Issue.record("seconds must not pass for milliseconds")
      return
    }
  }
}
