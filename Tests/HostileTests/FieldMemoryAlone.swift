import Foundation
import TestSupport
import Testing

/// What a header field keeps in memory, beside as many bytes of a field that nobody reads: while its delivery is on
/// its way, when its head, what leaves of it and whatever was made of it stand side by side.
@Suite(.ownThread) struct FieldMemoryAlone {
  private static let deliveries = 64
  private static let timesMax = 5.0

  @Test(arguments: FieldCase.fields)
  func `no byte of a field that is read keeps much more memory than one of a field that is not`(
    _ field: FieldCase
  ) throws {
    let (read, unread) = field.pair(signed: true)
    let (mine, others) = (try Self.bytes(kept: read), try Self.bytes(kept: unread))
    // Where few bytes can be spent there is nothing but the machine's own pages.
    let times = Double(mine) / Double(max(others, 1 << 20))
    HostileTable.row(
      .cost, "memory of \(field.name) (\(read.count) bytes)", expected: "under 5 times an unknown field's",
      seen: "\((times * 10).rounded() / 10) times, \(mine >> 10) KiB for \(Self.deliveries)",
      holds: times < Self.timesMax)
  }

  /// By so much it grows while the upstream keeps all of them waiting, or has refused them.
  private static func bytes(kept request: [UInt8]) throws -> Int {
    let fixture = try FieldFixture { _ in .hang }
    let (gateway, upstream) = (fixture.gateway, fixture.upstream)
    // What is done once.
    let first = try gateway.connect()
    first.offer(request)
    var refused: Set<Int> = []
    func settled(_ clients: [RawClient]) -> Bool {
      for (number, client) in clients.enumerated() where !client.readSome(for: 0).isEmpty || client.end != nil
      {
        refused.insert(number)
      }
      return refused.count + upstream.requests.count >= clients.count
    }
    guard eventually(within: 30, { settled([first]) }) else { throw FixtureError("nothing came of it") }
    let before = gateway.residentBytes
    let clients = try (0..<deliveries).map { _ in
      let client = try gateway.connect()
      client.offer(request)
      return client
    }
    guard eventually(within: 60, { settled([first] + clients) }) else {
      throw FixtureError("\(upstream.requests.count) of \(deliveries) came")
    }
    return gateway.residentBytes - before
  }
}
