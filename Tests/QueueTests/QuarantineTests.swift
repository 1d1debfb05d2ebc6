import Formats
import Foundation
import HTTP
import Signing
import TestSupport
import Testing

@testable import Gateway
@testable import Queue

/// What is kept though nobody has verified it, over real files: bounded, and never more than a claim.
@Suite(.ownThread) struct QuarantineTests {
  private static let wrong = Signed(key: Array("guess".utf8))

  private func head(_ body: String, _ signed: Signed) -> QuarantinedHead {
    let fields = signed.fields(over: Array(body.utf8))
    return QuarantinedHead(
      head: RequestHead(
        "POST", "/hook?a=1", bodyBytes: body.utf8.count,
        [("Host", "gateway.test"), ("Content-Length", "\(body.utf8.count)")] + fields),
      peer: Peer(address: IPAddress(text: "192.0.2.7")), isTrusted: false, requestID: "r-1",
      remote: "192.0.2.7")
  }

  private func route(_ name: String, _ change: (inout DurableSettings.Quarantine) -> Void = { _ in }) -> Route
  {
    var durable = DurableSettings()
    var quarantine = DurableSettings.Quarantine()
    change(&quarantine)
    durable.quarantine = quarantine
    return Route(
      path: PathPattern(name)!, secretFileIndex: 0, upstreams: [Upstream(name: "app", host: "app", port: 80)],
      durable: durable)
  }

  private func kept(
    _ bench: StoreBench, _ body: String, route: Route, judgement: Int64 = 1, signed: Signed = wrong
  ) -> QuarantinedDelivery {
    let buffer = BodyBuffer()
    Array(body.utf8).withUnsafeBytes { buffer.append($0) }
    return Sealer(keys: bench.store.sealKeys).seal(
      DeliveryToQuarantine(
        route: route, arrived: bench.now, reason: "mismatch", head: head(body, signed), body: buffer,
        judgement: judgement))
  }

  /// Quarantines bodies, and waits until they are counted.
  private func quarantine(
    _ bench: StoreBench, _ bodies: [String], route: Route, judgement: Int64 = 1
  ) {
    let settings = route.durable?.quarantine ?? .init()
    let before = counted(bench)
    for body in bodies {
      bench.store.quarantine(kept(bench, body, route: route, judgement: judgement), settings, for: bench.desk)
    }
    #expect(eventually { counted(bench) >= before + bodies.count })
  }

  /// How many have come to the writer, whatever became of them, or were left out before.
  private func counted(_ bench: StoreBench) -> Int {
    let results = bench.counters.quarantine.results
    let came = results.filter { [.kept, .duplicate].contains($0.key.result) }.values.reduce(0, +)
    return Int(came + bench.store.gate.leftOut.values.reduce(0, +))
  }

  private func count(_ bench: StoreBench, _ result: QuarantineResult, _ route: String = "/hook") -> UInt64 {
    bench.counters.quarantine.results[.init(route: route, result: result)] ?? 0
  }

  private func rows(_ bench: StoreBench, _ filter: StoreReader.QuarantineFilter = .init()) throws
    -> [StoreReader.QuarantineRow]
  {
    try StoreReader(bench.file).rows(filter, after: 0, limit: 10_000, bytesMax: .max)
  }

  private func release(_ bench: StoreBench, _ acceptance: Acceptance, _ ticket: QuarantineTicket) throws
    -> ReleaseOutcome
  {
    try bench.wait { bench.store.release(acceptance, of: ticket, for: bench.desk, then: $0) }
  }

  // MARK: Bounds

  @Test func `beyond the bound of a route its oldest goes, and no other route's`() throws {
    let bench = try StoreBench()
    quarantine(bench, ["other"], route: route("/other"))
    let few = route("/hook") { $0.deliveriesMax = 3 }
    quarantine(bench, (0..<10).map { "body \($0)" }, route: few)
    #expect(
      try rows(bench, .init(route: "/hook")).map(\.delivery.body.text) == ["body 7", "body 8", "body 9"])
    #expect(count(bench, .kept) == 10 && count(bench, .evicted) == 7)
    #expect(try rows(bench, .init(route: "/other")).count == 1)
    #expect(bench.counters.quarantine.kept("/hook").deliveries == 3)
    let one = bench.counters.quarantine.kept("/hook").bytes / 3
    try bench.reopen()
    // Counted anew, it is the same.
    #expect(bench.counters.quarantine.kept("/hook").deliveries == 3)
    #expect(bench.counters.quarantine.kept("/hook").bytes == one * 3)
    let small = route("/hook") { $0.bytesMax = Int(one) * 2 }
    quarantine(bench, ["body A"], route: small)
    #expect(try rows(bench, .init(route: "/hook")).map(\.delivery.body.text) == ["body 9", "body A"])
    #expect(bench.counters.quarantine.kept("/hook").bytes <= Int64(one) * 2)
  }

  @Test func `what alone is more than all may be is not kept, and pushes nobody out`() throws {
    let bench = try StoreBench()
    let small = route("/hook") { $0.bytesMax = 1_000 }
    quarantine(bench, ["small"], route: small)
    bench.store.quarantine(
      kept(bench, String(repeating: "x", count: 1_000), route: small), small.durable!.quarantine!,
      for: bench.desk)
    #expect(eventually { count(bench, .evicted) == 1 })
    #expect(try rows(bench).map(\.delivery.body.text) == ["small"])
  }

  @Test func `the same bytes are kept once, an equal body under another signature is another`() throws {
    let bench = try StoreBench()
    let route = route("/hook")
    quarantine(bench, ["a", "a", "b"], route: route)
    #expect(count(bench, .duplicate) == 1 && count(bench, .kept) == 2)
    let other = Signed(key: Array("guess".utf8), timestamp: "1781519013")
    bench.store.quarantine(
      kept(bench, "a", route: route, signed: other), route.durable!.quarantine!, for: bench.desk)
    #expect(eventually { count(bench, .kept) == 3 })
    #expect(try rows(bench).map(\.delivery.body.text) == ["a", "b", "a"])
  }

  @Test
  func `of a second only so many are taken, whatever loop they come to, and the next second has its own`() {
    let gate = QuarantineGate()
    func admitted(_ count: Int, _ route: String, at now: UInt64) -> Int {
      (0..<count).filter { _ in gate.admits(route, perSecondMax: 20, at: now) }.count
    }
    #expect(admitted(500, "/hook", at: 5_000_000_000) == 20)
    #expect(admitted(1, "/hook", at: 5_999_999_999) == 0)
    #expect(admitted(1, "/other", at: 5_999_999_999) == 1)
    #expect(admitted(30, "/hook", at: 6_000_000_000) == 20)
    #expect(gate.leftOut == ["/hook": 480 + 1 + 10])
    // A clock that goes back makes nobody wait for ever.
    #expect(admitted(1, "/hook", at: 0) == 1)
  }

  @Test func `after its hours it is deleted, by the hours of its route`() throws {
    let bench = try StoreBench {
      $0.housekeepingSeconds = 0.05
      $0.quarantineHours = { $0 == "/short" ? 1 : 24 }
    }
    quarantine(bench, ["1", "2"], route: route("/short"))
    quarantine(bench, ["3"], route: route("/hook"))
    bench.advance(seconds: 3_599)
    usleep(200_000)
    #expect(try rows(bench).count == 3)
    bench.advance(seconds: 2)
    #expect(eventually { count(bench, .expired, "/short") == 2 })
    #expect(try rows(bench).map(\.delivery.route) == ["/hook"])
    bench.advance(seconds: 23 * 3_600)
    #expect(eventually { count(bench, .expired) == 1 })
    #expect(bench.counters.quarantine.kept.isEmpty)
  }

  @Test func `a clock that jumps deletes none of it`() throws {
    let bench = try StoreBench { $0.housekeepingSeconds = 0.05 }
    quarantine(bench, ["1"], route: route("/hook"))
    bench.jump(seconds: 8 * 86_400)
    #expect(eventually { !bench.store.status.isClockTrusted })
    #expect(try rows(bench).count == 1 && count(bench, .expired) == 0)
  }

  @Test func `where the disk is low it is the first that is not kept`() throws {
    let bench = try StoreBench { $0.diskFreeBytesMin = .max }
    bench.store.quarantine(
      kept(bench, "x", route: route("/hook")), .init(), for: bench.desk)
    #expect(eventually { count(bench, .evicted) == 1 })
    #expect(try rows(bench).isEmpty)
  }

  @Test func `secrets that others had are remembered over restarts, the newest of them`() throws {
    let bench = try StoreBench()
    func revoke(_ fingerprints: [String]) throws {
      _ = try bench.wait { bench.store.revoke(fingerprints, for: bench.desk, then: $0) }.get()
    }
    try revoke(["aaaaaaaa", "bbbbbbbb"])
    try revoke(["aaaaaaaa"])
    #expect(bench.counters.revoked == ["bbbbbbbb", "aaaaaaaa"])
    try bench.reopen()
    #expect(bench.counters.revoked == ["bbbbbbbb", "aaaaaaaa"])
    for number in 0..<Ledger.revokedMax { try revoke(["n\(number)"]) }
    #expect(bench.counters.revoked.count == 64 && bench.counters.revoked.last == "n63")
    #expect(!bench.counters.revoked.contains("aaaaaaaa"))
  }

  // MARK: Behind everything else

  private func order(_ bytes: Int) -> Order {
    Order(
      caller: InlineDesk(), entersBefore: nil, isKept: false, bytes: bytes,
      perform: { _ throws(StoreFault) in {} }, refuse: { _ in })
  }

  @Test func `what is to be accepted goes first, and what is spare waits no longer than a second`() {
    var mailbox = Mailbox()
    func next(at now: UInt64) -> String {
      switch mailbox.next(at: now) {
      case .batch(let orders): orders.map { "\($0.bytes)" }.joined(separator: " ")
      case .lookAgain: "look"
      case .end: "end"
      case .confirmClock: "clock"
      case nil: "sleep"
      }
    }
    func spare(_ bytes: Int, at now: UInt64) { _ = mailbox.spare.add(order(bytes), at: now) }
    let start: UInt64 = 10_000_000_000
    spare(1, at: start)
    mailbox.waiting = [order(2)]
    #expect([next(at: start), next(at: start)] == ["2", "1"])
    // The next ones wait a little, for others to share their transaction.
    spare(3, at: start + 1)
    let asleep = [next(at: start + 1), next(at: start + 1)]
    #expect(asleep == ["look", "sleep"])
    #expect(mailbox.spare.deadline == start + SpareOrders.spacing)
    mailbox.waiting = [order(4)]
    let first = next(at: start + SpareOrders.spacing)
    mailbox.waiting = [order(5)]
    let late = start + 1 + SpareOrders.patience
    #expect([first, next(at: late), next(at: late)] == ["4", "3", "5"])
    // At the end nothing waits for a time.
    spare(6, at: late)
    mailbox.isClosed = true
    #expect([next(at: late), next(at: late)] == ["6", "end"])
  }

  @Test func `what waits has an end in number and bytes, and is taken in small batches`() {
    func added(_ count: Int, of bytes: Int, to spare: inout SpareOrders) -> Int {
      var taken = 0
      for _ in 0..<count where spare.add(order(bytes), at: 1) { taken += 1 }
      return taken
    }
    func taken(_ spare: inout SpareOrders) -> Int { spare.take(at: 1).count }
    var many = SpareOrders()
    let all = added(2_000, of: 1, to: &many)
    #expect(all == SpareOrders.ordersMax)
    let batch = taken(&many)
    #expect(batch == SpareOrders.batchOrdersMax)
    var large = SpareOrders()
    let counts = [
      added(100, of: 1 << 20, to: &large), taken(&large), added(3, of: 1 << 20, to: &large),
    ]
    #expect(counts == [16, 2, 2])
    var one = SpareOrders()
    let whole = [added(2, of: SpareOrders.bytesMax * 2, to: &one), taken(&one)]
    #expect(whole == [1, 1] && one.isEmpty)
  }

  @Test func `a flood of forgeries refuses no delivery`() throws {
    let bench = try StoreBench()
    let route = route("/hook") { $0.deliveriesMax = 100 }
    let forgeries = (0..<500).map { kept(bench, "forged \($0)", route: route) }
    for (index, forged) in forgeries.enumerated() {
      bench.store.quarantine(forged, route.durable!.quarantine!, for: bench.desk)
      if index % 10 == 0 {
        guard case .stored = try bench.accept("genuine \(index)") else { throw FixtureError("refused") }
      }
    }
    #expect(eventually { count(bench, .kept) + (bench.store.gate.leftOut["/hook"] ?? 0) == 500 })
    #expect(bench.counters.quarantine.kept("/hook").deliveries == 100)
    #expect(bench.counters.heldDeliveries == 50)
  }

  // MARK: Release

  @Test func `what is verified by now is accepted and gone from there in one step, and once`() throws {
    let bench = try StoreBench()
    quarantine(bench, ["a", "b"], route: route("/hook"))
    let (first, second) = (try rows(bench)[0].ticket, try rows(bench)[1].ticket)
    guard case .accepted(.stored) = try release(bench, bench.acceptance("a", id: "1"), first) else {
      throw FixtureError("not released")
    }
    #expect(try release(bench, bench.acceptance("a", id: "1"), first) == .gone)
    #expect(bench.counters.heldDeliveries == 1)
    // Its sender has come again: known, not delivered, and no longer kept.
    guard case .accepted(.duplicate) = try release(bench, bench.acceptance("a", id: "1"), second) else {
      throw FixtureError("not known")
    }
    #expect(try rows(bench).isEmpty && bench.counters.quarantine.kept.isEmpty)
    #expect(count(bench, .released) == 1 && count(bench, .duplicate) == 1)
    #expect(try bench.list().count == 1)
  }

  @Test func `what the store refuses stays, and a number that comes again is not taken for it`() throws {
    let bench = try StoreBench { $0.deliveriesMax = 1 }
    try bench.accept("in the way")
    quarantine(bench, ["a"], route: route("/hook"))
    let ticket = try rows(bench)[0].ticket
    #expect(try release(bench, bench.acceptance("a"), ticket) == .accepted(.refused(.full)))
    #expect(try rows(bench).count == 1)
    #expect(try bench.wait { bench.store.drop([ticket], for: bench.desk, then: $0) }.get() == 1)
    quarantine(bench, ["b"], route: route("/hook"))
    #expect(try rows(bench)[0].ticket.row == ticket.row)
    #expect(try release(bench, bench.acceptance("a"), ticket) == .gone)
    #expect(try bench.wait { bench.store.drop([ticket], for: bench.desk, then: $0) }.get() == 0)
    #expect(try rows(bench).map(\.delivery.body.text) == ["b"])
  }

  @Test func `what has been judged is known, after a restart too`() throws {
    let bench = try StoreBench()
    quarantine(bench, ["a", "b"], route: route("/hook"), judgement: 7)
    #expect(
      !bench.counters.quarantine.awaits(7, of: "/hook") && bench.counters.quarantine.awaits(8, of: "/hook"))
    let ticket = try rows(bench)[0].ticket
    _ = try bench.wait { bench.store.mark([ticket], judgement: 8, for: bench.desk, then: $0) }.get()
    #expect(try rows(bench, .init(judgedOtherwise: 8)).map(\.delivery.body.text) == ["b"])
    try bench.reopen()
    #expect(
      bench.counters.quarantine.awaits(8, of: "/hook") && bench.counters.quarantine.awaits(7, of: "/hook"))
    #expect(bench.counters.quarantine.kept("/hook").deliveries == 2)
    #expect(!bench.counters.quarantine.awaits(8, of: "/other"))
  }

  @Test func `pages of rows have an end in bytes, and begin where the last one ended`() throws {
    let bench = try StoreBench()
    quarantine(
      bench, (0..<5).map { String(repeating: "\($0)", count: 10_000) }, route: route("/hook"))
    let reader = try StoreReader(bench.file)
    let first = try reader.rows(.init(), after: 0, limit: 64, bytesMax: 25_000)
    #expect(first.count == 2)
    let rest = try reader.rows(.init(), after: first[1].ticket.row, limit: 64, bytesMax: .max)
    #expect(rest.map { $0.delivery.body[0] } == Array("234".utf8))
    #expect(try reader.rows(.init(), after: 0, limit: 64, bytesMax: 1).count == 1)
    #expect(try reader.countQuarantined(.init(reason: "mismatch")) == 5)
    #expect(try reader.countQuarantined(.init(reason: "stale")) == 0)
    let id = Array(first[0].ticket.key.prefix(8))
    #expect(try reader.quarantined(.init(id: id), limit: 5).map(\.ticket) == [first[0].ticket])
  }

  // MARK: The seal

  @Test func `nothing of a row can be changed, and a delivery's seal is none of its`() throws {
    let bench = try StoreBench()
    let sealer = Sealer(keys: bench.store.sealKeys)
    let whole = kept(bench, "body", route: route("/hook"))
    func opens(_ row: QuarantinedDelivery) -> Bool { (try? sealer.open(row)) != nil }
    func changed(
      route: String? = nil, arrived: Int64? = nil, reason: String? = nil, head: [UInt8]? = nil,
      body: [UInt8]? = nil
    ) -> QuarantinedDelivery {
      QuarantinedDelivery(
        route: route ?? whole.route, arrived: arrived ?? whole.arrived, reason: reason ?? whole.reason,
        head: head ?? whole.head, body: body ?? whole.body, key: whole.key, judgement: whole.judgement)
    }
    #expect(opens(whole))
    #expect(!opens(changed(route: "/other")) && !opens(changed(arrived: whole.arrived - 1)))
    #expect(!opens(changed(reason: "other")) && !opens(changed(body: Array("bodY".utf8))))
    #expect(!opens(changed(head: [])) && !opens(changed(head: Array(whole.head.prefix(36)))))
    for place in whole.head.indices {
      var head = whole.head
      head[place] ^= 1
      #expect(!opens(changed(head: head)), "byte \(place)")
    }
    let delivery = try bench.delivery("body")
    #expect(!opens(changed(head: delivery.seal + Array(whole.head.dropFirst(36)))))
  }

  @Test func `what was kept comes back byte for byte`() throws {
    let bench = try StoreBench()
    let sealer = Sealer(keys: bench.store.sealKeys)
    quarantine(bench, ["{\"a\":1}"], route: route("/hook"))
    let row = try #require(rows(bench).first).delivery
    let head = try sealer.open(row)
    #expect(row.body.text == "{\"a\":1}" && row.arrived == bench.now && row.reason == "mismatch")
    #expect(head.head.method == "POST" && head.head.target.text == "/hook?a=1")
    #expect(head.wireBytes == self.head("{\"a\":1}", Self.wrong).wireBytes)
    #expect(head.remote == "192.0.2.7" && head.requestID == "r-1" && !head.isTrusted)
    #expect(head.fits(bodyBytes: 7) && !head.fits(bodyBytes: 8))
  }
}

extension [UInt8] {
  fileprivate var text: String { String(decoding: self, as: UTF8.self) }
}
