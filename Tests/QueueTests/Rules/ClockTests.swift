import Formats
import Queue
import TestSupport
import Testing

@Suite struct ClockTests {
  private func moment(wall: Int64, uptime: UInt64) -> Moment {
    Moment(
      unixMilliseconds: sampleMoment.unixMilliseconds.addingSaturated(wall * 1000),
      uptimeNanoseconds: sampleMoment.uptimeNanoseconds + uptime * 1_000_000_000)
  }

  @Test func `clocks that go together are believed, for however long`() {
    let watch = ClockWatch(startedAt: sampleMoment)
    #expect(watch.isTrusted(at: moment(wall: 0, uptime: 0)))
    #expect(watch.isTrusted(at: moment(wall: 86_400_000, uptime: 86_400_000)))
    #expect(watch.isTrusted(at: moment(wall: 3700, uptime: 100)))
    #expect(watch.isTrusted(at: moment(wall: -3500, uptime: 100)))
  }

  @Test(arguments: [691_200, 3701, -3501, -691_200, Int64.max / 1000, Int64.min / 1000])
  func `a jump of more than an hour is not, until the clock is back or somebody says that it is right`(
    jump: Int64
  ) {
    var watch = ClockWatch(startedAt: sampleMoment)
    let jumped = moment(wall: jump, uptime: 100)
    #expect(!watch.isTrusted(at: jumped))
    #expect(watch.isTrusted(at: moment(wall: 200, uptime: 200)))
    watch.confirm(at: jumped)
    #expect(watch.isTrusted(at: jumped))
    #expect(!watch.isTrusted(at: moment(wall: 200, uptime: 200)))
  }

  @Test func `what is due later than any wait could be is due now`() {
    let now = sampleMoment.unixMilliseconds
    func due(_ ahead: Int64) -> Int64 {
      StoredTime.due(now.addingSaturated(ahead), now: now, longestDelayMilliseconds: 3_600_000) - now
    }
    #expect(due(0) == 0 && due(-5000) == -5000)
    #expect(due(7_200_000) == 7_200_000 && due(7_200_001) == 0)
    #expect(due(.max) == 0)
    #expect(StoredTime.latestDue(now: .max, longestDelayMilliseconds: .max) == .max)
  }

  @Test func `three ends without a goodbye within five minutes make it cautious, for a while`() {
    var start = CautiousStart()
    let now = sampleMoment.unixMilliseconds
    start.start(at: now, wasClean: false)
    start.start(at: now + 1000, wasClean: false)
    start.start(at: now + 2000, wasClean: true)
    #expect(!start.isCautious(at: now + 3000))
    start.start(at: now + 299_000, wasClean: false)
    #expect(start.isCautious(at: now + 299_000) && start.isCautious(at: now + 300_000))
    #expect(!start.isCautious(at: now + 300_001))
    start.start(at: now + 400_000, wasClean: false)
    #expect(start.uncleanStarts == [now + 1000, now + 299_000, now + 400_000])
    #expect(!start.isCautious(at: now + 400_000))
    #expect(start.isCautious(at: now - 1_000_000))
  }
}
