import TestSupport

/// What apps do to a connection, and what must come of it.
enum Behaviour: String, CaseIterable, Sendable {
  case kept = "kept connection"
  case whole = "5 MB whole"
  case refused = "early 413"
  case content = "early 200"
  case head = "HEAD"
  case bare = "204"
  case unchanged = "304"
  case interim = "103"
  case closing = "closing"
  case chunked = "chunked"
  case trailers = "trailers"
  case padded = "padded sizes"
  case large = "100 MB, slow"
  /// The only one that is a failure, so it is the last.
  case dying

  /// Returns a word about how it went.
  func run(_ fixture: AppFixture, _ app: RunningApp) throws -> String {
    switch self {
    case .kept: return try Behaviour.keep(fixture, keepsAlive: app.server.keepAliveSeconds != nil)
    case .large: return try LargeAnswerSlow(fixture).run()
    case .dying: return try Behaviour.die(fixture, app)
    default: break
    }
    let sender = AppSender(fixture)
    // Behind each another's answer must be its own, on the same connection where that is kept.
    for _ in 0..<3 {
      try once(sender)
      for _ in 0..<2 { try sender.probe() }
    }
    return "ok"
  }

  private static func keep(_ fixture: AppFixture, keepsAlive: Bool) throws -> String {
    let sender = AppSender(fixture)
    let ports = try (0..<20).map { _ in try sender.probe().port }
    let count = Set(ports).count
    guard count == (keepsAlive ? 1 : 20) else { throw FixtureError("20 deliveries by \(count) connections") }
    return keepsAlive ? "ok, one" : "ok, each new"
  }

  /// The app has read a delivery, and ends its connection instead of an answer: 502, and not sent again.
  private static func die(_ fixture: AppFixture, _ app: RunningApp) throws -> String {
    let sender = AppSender(fixture)
    for _ in 0..<3 {
      try sender.probe()
      let number = fixture.nextNumber()
      let response = try sender.send("dying", Array("small".utf8), number: number)
      let count = app.notes.count { $0.number == number }
      guard response.status == 502, count == 1 else {
        throw FixtureError("it was answered \(response.status), and the app saw it \(count) times")
      }
    }
    try sender.probe()
    return "ok" + fixture.reasons
  }

  private func once(_ sender: AppSender) throws {
    switch self {
    case .kept, .large, .dying: break
    case .whole: try Behaviour.wholeBody(sender)
    case .refused: try expect(sender, "early413", 413, large: true)
    case .content: try expect(sender, "early200", 200, "early", large: true)
    case .head: try expectHead(sender)
    case .bare: try expect(sender, "bare", 204, "")
    case .unchanged: try expect(sender, "unchanged", 304, "")
    case .interim: try expect(sender, "interim", 200, "interim")
    case .closing, .chunked: try expectBlocks(sender, 16)
    case .trailers: try expectBlocks(sender, 1)
    case .padded: try expect(sender, "padded", 200, "padded")
    }
  }

  private static let largeBody: [UInt8] = {
    var generator = SeededGenerator(seed: 5)
    return (0..<5_000_000 / 8).map { _ in generator.next() }.withUnsafeBytes { Array($0) }
  }()

  private static func wholeBody(_ sender: AppSender) throws {
    let receipt = try sender.deliver(largeBody)
    guard receipt.status == 200 else { throw FixtureError("5 MB were answered \(receipt.status)") }
  }

  private func expect(
    _ sender: AppSender, _ name: String, _ status: Int, _ text: String? = nil, large: Bool = false
  ) throws {
    let response = try sender.send(name, large ? Behaviour.largeBody : Array("small".utf8))
    guard response.status == status, text == nil || response.text == text else {
      throw FixtureError("\(status) became \(response.status), \(response.text.prefix(100))")
    }
  }

  private func expectHead(_ sender: AppSender) throws {
    let response = try sender.send("digest", [], method: "HEAD")
    guard response.status == 200, response.body.isEmpty else {
      throw FixtureError("HEAD was answered \(response.status)")
    }
  }

  private func expectBlocks(_ sender: AppSender, _ count: Int) throws {
    let response = try sender.send(rawName, Array("small".utf8))
    guard response.status == 200, AppFixture.isSame(response.body[...], AppFixture.blocks(0..<count)) else {
      throw FixtureError("\(response.status) with \(response.body.count) bytes, not \(count) blocks")
    }
    guard !response.head.has("x-sum") else { throw FixtureError("a trailer was taken for a field") }
  }

  private var rawName: String { "\(self)" }
}
