import Testing

@testable import Telemetry

@Suite struct ClockFindingTests {
  private func estimate(_ route: String, _ skew: Int, tolerance: Int? = 300) -> ClockFinding.Estimate {
    ClockFinding.Estimate(
      route: route, secretFile: "/s\(route)", skewSeconds: skew, toleranceSeconds: tolerance)
  }

  private func finding(_ estimates: [ClockFinding.Estimate], _ synchronised: Bool?) -> ClockFinding {
    ClockFinding.all(estimates, isHostSynchronised: synchronised)[0]
  }

  @Test func `a few seconds are nothing to speak of`() {
    for skew in [-5, 0, 5] {
      #expect(finding([estimate("/a", skew)], nil).sentence == "in step")
      #expect(!finding([estimate("/a", skew)], false).isAlarming)
    }
  }

  @Test func `beyond half the tolerance it is alarming, to either side, and without a tolerance never`() {
    #expect(!finding([estimate("/a", 150)], nil).isAlarming)
    #expect(finding([estimate("/a", 151)], nil).isAlarming)
    #expect(finding([estimate("/a", -151)], nil).isAlarming)
    #expect(!finding([estimate("/a", 9000, tolerance: nil)], nil).isAlarming)
  }

  @Test func `several senders that show the same accuse this host, even one that the kernel trusts`() {
    let same = finding([estimate("/a", -200), estimate("/b", -190)], true)
    #expect(
      same.sentence
        == "signed 200 s in our future; it seems to be this host's clock: other senders show the same")
  }

  @Test func `senders that agree with this host accuse the one that does not`() {
    let odd = finding([estimate("/a", -200), estimate("/b", 1)], false)
    #expect(odd.sentence.hasSuffix("it seems to be the sender's clock: other senders agree with this host"))
    let late = finding([estimate("/a", 200), estimate("/b", 1)], nil)
    #expect(late.sentence.hasPrefix("deliveries arrive 200 s after they were signed; "))
    #expect(late.sentence.contains("the sender's clock, or its deliveries are late"))
  }

  @Test func `one sender alone is judged by what the kernel says`() {
    #expect(finding([estimate("/a", -99)], true).sentence.hasSuffix("this host's is synchronised"))
    #expect(finding([estimate("/a", -99)], false).sentence.hasSuffix("nothing synchronises it"))
    #expect(finding([estimate("/a", -99)], nil).sentence.hasSuffix("cannot be told from here"))
  }

  @Test func `routes with one secret file are one sender and no witness for each other`() {
    var second = estimate("/b", -99)
    second.secretFile = "/s/a"
    var first = estimate("/a", -99)
    first.secretFile = "/s/a"
    #expect(finding([first, second], true).sentence.hasSuffix("this host's is synchronised"))
  }
}
