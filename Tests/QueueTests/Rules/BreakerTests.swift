import Queue
import TestSupport
import Testing

@Suite struct BreakerTests {
  private let second: UInt64 = 1_000_000_000

  /// A breaker that has just paused at `now`.
  private func broken(at now: UInt64) -> Fuse {
    let breaker = Fuse()
    for _ in 0..<5 { if let permit = breaker.permit(at: now) { breaker.fail(permit, at: now) } }
    return breaker
  }

  @Test func `five failures in a row pause it for five seconds`() throws {
    let breaker = Fuse()
    for number in 1...5 {
      let permit = try #require(breaker.permit(at: 0))
      #expect(breaker.fail(permit, at: second) == (number == 5))
      #expect(breaker.isPaused == (number == 5))
    }
    #expect(breaker.pausedUntil == 6 * second)
    #expect(breaker.permit(at: 6 * second - 1) == nil)
    #expect(breaker.permit(at: 6 * second)?.isProbe == true)
  }

  @Test func `a success in between begins the count anew`() throws {
    let breaker = Fuse()
    for _ in 0..<10 {
      for _ in 0..<4 { breaker.fail(try #require(breaker.permit(at: 0)), at: 0) }
      breaker.succeed(try #require(breaker.permit(at: 0)))
    }
    #expect(!breaker.isPaused)
  }

  @Test func `one probe at a time, each that fails doubles the pause, up to five minutes`() throws {
    let breaker = broken(at: 0)
    var now = 5 * second
    for pause in [10, 20, 40, 80, 160, 300, 300] as [UInt64] {
      let probe = try #require(breaker.permit(at: now))
      #expect(probe.isProbe && breaker.permit(at: now + 1000 * second) == nil)
      #expect(breaker.fail(probe, at: now))
      #expect(breaker.pausedUntil == now + pause * second)
      now += pause * second
    }
    let probe = try #require(breaker.permit(at: now))
    #expect(breaker.succeed(probe) && !breaker.isPaused)
    // And it is forgiven.
    for _ in 0..<5 { breaker.fail(try #require(breaker.permit(at: now)), at: now) }
    #expect(breaker.pausedUntil == now + 5 * second)
  }

  @Test func `what was under way when it broke is no second breakdown, and its success ends the pause`()
    throws
  {
    let breaker = Fuse()
    let permits = (0..<16).compactMap { _ in breaker.permit(at: 0) }
    for permit in permits.prefix(15) { breaker.fail(permit, at: 0) }
    #expect(breaker.pausedUntil == 5 * second)
    #expect(breaker.succeed(permits[15]) && !breaker.isPaused)
  }

  @Test func `a probe that was not made is another one's`() throws {
    let breaker = broken(at: 0)
    let probe = try #require(breaker.permit(at: 5 * second))
    breaker.giveBack(probe, at: 6 * second)
    #expect(breaker.permit(at: 6 * second)?.isProbe == true)
  }

  @Test func `a wait that the app asked for only lengthens, and no earlier success calls it off`() throws {
    let breaker = Fuse()
    let earlier = try #require(breaker.permit(at: 0))
    breaker.wait(until: 60 * second)
    breaker.wait(until: 30 * second)
    #expect(breaker.pausedUntil == 60 * second)
    #expect(!breaker.succeed(earlier) && breaker.isPaused)
    let probe = try #require(breaker.permit(at: 60 * second))
    #expect(breaker.succeed(probe) && !breaker.isPaused)
  }

  @Test func `a pause that somebody takes to be over ends with one probe, and is longer where that fails`()
    throws
  {
    let breaker = broken(at: 0)
    breaker.probe(at: second)
    let probe = try #require(breaker.permit(at: second))
    #expect(probe.isProbe && breaker.permit(at: second) == nil)
    // While one is under way there is nothing to end.
    breaker.probe(at: second)
    #expect(breaker.permit(at: second) == nil)
    #expect(breaker.fail(probe, at: second))
    #expect(breaker.pausedUntil == 11 * second)
    breaker.wait(until: 600 * second)
    breaker.probe(at: 2 * second)
    let asked = try #require(breaker.permit(at: 2 * second))
    #expect(breaker.succeed(asked) && !breaker.isPaused)
    // What is due sooner is not put off.
    breaker.probe(at: 3 * second)
    #expect(!breaker.isPaused)
  }

  @Test
  func
    `over random sequences it sends nothing while it is paused, one probe behind that, and always comes back`()
  {
    var generator = SeededGenerator(seed: runSeed)
    for _ in 0..<200 {
      let breaker = Fuse()
      var now: UInt64 = 0
      var underWay: [Breaker.Permit] = []
      // The one that the end of the pause hangs on. Where another's success ends the pause, it is an attempt like others,
      // and may still be under way behind the next pause, beside that one's probe.
      var probe: Breaker.Permit?
      var failures = 0
      for _ in 0..<400 {
        now += UInt64.random(in: 0...20 * second, using: &generator)
        let (wasPaused, until) = (breaker.isPaused, breaker.pausedUntil)
        switch Int.random(in: 0..<5, using: &generator) {
        case 0, 1:
          guard let permit = breaker.permit(at: now) else {
            #expect(wasPaused)
            continue
          }
          #expect(permit.isProbe == wasPaused)
          if let until { #expect(now >= until) }
          underWay.append(permit)
          if permit.isProbe {
            #expect(probe == nil)
            probe = permit
          }
        case 2 where !underWay.isEmpty:
          breaker.succeed(underWay.remove(at: Int.random(in: underWay.indices, using: &generator)))
          failures = 0
          probe = nil
          #expect(!breaker.isPaused)
        case 3 where !underWay.isEmpty:
          let permit = underWay.remove(at: Int.random(in: underWay.indices, using: &generator))
          failures += 1
          if permit == probe { probe = nil }
          let pauses = breaker.fail(permit, at: now)
          if pauses { #expect(breaker.pausedUntil.map { $0 > now && $0 <= now + 300 * second } == true) }
          if wasPaused, !permit.isProbe { #expect(breaker.pausedUntil == until) }
        case 4 where !underWay.isEmpty:
          let permit = underWay.remove(at: Int.random(in: underWay.indices, using: &generator))
          if permit == probe { probe = nil }
          breaker.giveBack(permit, at: now)
        default: break
        }
        #expect(failures >= 5 || !breaker.isPaused)
        // While one is under way nothing else begins, and the pause has no end of its own.
        #expect(probe == nil || (breaker.isPaused && breaker.pausedUntil == nil))
      }
    }
  }
}

@Suite struct UpstreamSlotsTests {
  @Test func `one at first, then twice as many with each success, up to the bound`() {
    let slots = Places(most: 16)
    for limit in [1, 2, 4, 8, 16, 16] {
      #expect(slots.limit == limit && slots.free == limit)
      #expect(slots.take())
      slots.succeed()
    }
    slots.slowDown()
    #expect(slots.take() && !slots.take())
    slots.giveBack()
    #expect(slots.free == 1)
  }

  @Test func `never more under way than the bound, and behind a pause none until they are few`() {
    var generator = SeededGenerator(seed: runSeed)
    for _ in 0..<500 {
      let most = Int.random(in: 1...40, using: &generator)
      let slots = Places(most: most)
      var underWay = 0
      for _ in 0..<200 {
        switch Int.random(in: 0..<4, using: &generator) {
        case 0, 1:
          let isFree = underWay < slots.limit
          #expect(slots.take() == isFree)
          if isFree { underWay += 1 }
        case 2 where underWay > 0:
          slots.succeed()
          underWay -= 1
        case 3 where underWay > 0:
          slots.giveBack()
          underWay -= 1
        default: slots.slowDown()
        }
        #expect(slots.underWay == underWay && underWay <= most && (1...most).contains(slots.limit))
      }
    }
  }
}

/// A breaker that expectations may change.
private final class Fuse {
  private var breaker = Breaker()

  var isPaused: Bool { breaker.isPaused }
  var pausedUntil: UInt64? { breaker.pausedUntil }

  func permit(at now: UInt64) -> Breaker.Permit? { breaker.permit(at: now) }
  @discardableResult
  func succeed(_ permit: Breaker.Permit) -> Bool { breaker.succeed(permit) }
  @discardableResult
  func fail(_ permit: Breaker.Permit, at now: UInt64) -> Bool { breaker.fail(permit, at: now) }
  func giveBack(_ permit: Breaker.Permit, at now: UInt64) { breaker.giveBack(permit, at: now) }
  func wait(until: UInt64) { breaker.wait(until: until) }
  func probe(at now: UInt64) { breaker.probe(at: now) }
}

/// Slots that expectations may change.
private final class Places {
  private var slots: UpstreamSlots

  init(most: Int) { slots = UpstreamSlots(most: most) }

  var limit: Int { slots.limit }
  var free: Int { slots.free }
  var underWay: Int { slots.underWay }

  func take() -> Bool { slots.take() }
  func succeed() { slots.succeed() }
  func giveBack() { slots.giveBack() }
  func slowDown() { slots.slowDown() }
}
