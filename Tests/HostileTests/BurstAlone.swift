import Foundation
import TestSupport
import Testing

/// From the sender's side: what many large bodies at once took is given back.
@Suite(.ownThread) struct BurstAlone {
  @Test func `bursts of large bodies leave no memory behind`() throws {
    let fixture = try FaultFixture { _, _ in .ok }
    let body = [UInt8](repeating: 7, count: 1_000_000)
    func burst(_ number: Int) throws {
      let request = fixture.request("burst-\(number)", body)
      let clients = try (0..<150).map { _ in try fixture.gateway.connect() }
      for client in clients { try client.send(request.head + body.prefix(500_000)) }
      usleep(300_000)
      for client in clients { try client.send(Array(body.dropFirst(500_000))) }
      for client in clients {
        try FaultFixture.hold(try client.response(within: 30).status == 200, "refused")
      }
    }
    HostileTable.row(
      .largeAnswer, "5 bursts of 150 bodies of 1 MB", expected: "under 24 MiB more than after the first"
    ) {
      var number = 0
      func bursts(_ count: Int) throws {
        for _ in 0..<count {
          try burst(number)
          number += 1
        }
      }
      try bursts(1)
      let grown = try leastGrowth(of: fixture.gateway, enough: 24 << 20) { try bursts(4) } >> 20
      return grown < 24 ? "under 24 MiB more than after the first" : "\(grown) MiB more"
    }
  }
}
