import Foundation
import TestSupport
import Testing

@Suite(.ownThread) struct DescriptorAlone {
  @Test func `without descriptors it does not spin`() throws {
    let runner = try RawRunner()
    try runner.serve()
    let gateway = runner.gateway
    let (soft, hard) = try Descriptors.limit(of: gateway.pid)
    let before = gateway.log.count
    try Descriptors.setLimit(of: gateway.pid, soft: 8, hard: hard)
    let waiting = try gateway.connect()
    try waiting.send(SignedRequest("waiting").bytes)
    try gateway.waitForLog(containing: "Too many open files", from: before)
    HostileTable.row(
      .crowd, "no descriptor for a connection: processor time", expected: "under a tenth of 3 s"
    ) {
      let start = Descriptors.processorSeconds(of: gateway.pid)
      usleep(3_000_000)
      let used = Descriptors.processorSeconds(of: gateway.pid) - start
      return used < 0.3 ? "under a tenth of 3 s" : "\(used) s"
    }
    try Descriptors.setLimit(of: gateway.pid, soft: soft, hard: hard)
    #expect(try waiting.response(within: 20).status == 200)
  }
}
