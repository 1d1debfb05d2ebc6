import Foundation
import TestSupport

/// 100 MiB to a sender that takes its time: whole, and never held by the gateway.
struct LargeAnswerSlow {
  private static let blockCount = 1600
  private static let blockBytes = 65_536
  /// What may be on its way at once, and what an allocator keeps.
  private static let growthMax = 16 << 20

  private let fixture: AppFixture

  init(_ fixture: AppFixture) { self.fixture = fixture }

  func run() throws -> String {
    let sender = AppSender(fixture)
    try sender.probe()
    let resident = fixture.gateway.residentBytes
    let client = try RawClient(port: fixture.gateway.port, receiveBufferBytes: 65_536)
    try client.send(SignedRequest("small").with { $0.target = "/0/large" }.bytes)
    var unread = try skipHead(client)
    var growth = 0
    for number in 0..<Self.blockCount {
      // A long pause, in which an app without bounds would send it all; then short ones.
      if number % 16 == 0 { usleep(number == 16 ? 1_000_000 : 5_000) }
      while unread.count < Self.blockBytes {
        let part = client.take(262_144)
        guard !part.isEmpty else { throw FixtureError("it ended within block \(number)") }
        unread += part
      }
      guard AppFixture.isSame(unread.prefix(Self.blockBytes), AppFixture.blocks(number..<number + 1)) else {
        throw FixtureError("block \(number) is not what was sent")
      }
      unread.removeFirst(Self.blockBytes)
      if number % 16 == 0 { growth = max(growth, fixture.gateway.residentBytes - resident) }
    }
    guard unread.isEmpty else { throw FixtureError("\(unread.count) bytes too many") }
    guard growth < Self.growthMax else { throw FixtureError("the gateway grew by \(growth) bytes") }
    try sender.probe()
    return "ok, +\(growth >> 20) MiB"
  }

  private func skipHead(_ client: RawClient) throws -> [UInt8] {
    var unread: [UInt8] = []
    while true {
      if let end = unread.firstIndex(of: Array("\r\n\r\n".utf8)) {
        let head = HeaderLines(Array(unread[..<(end + 4)]))
        guard head.value("content-length") == String(Self.blockCount * Self.blockBytes) else {
          throw FixtureError("\(head.lines)")
        }
        return Array(unread[(end + 4)...])
      }
      let part = client.take(65_536)
      guard !part.isEmpty else { throw FixtureError("no answer") }
      unread += part
    }
  }
}
