import Foundation
import TestSupport
import Testing

@Suite(.ownThread) struct DescriptorAlone {
  @Test func `without descriptors it does not spin`() throws {
    let (runner, waiting, before) = try Descriptors.lacking()
    let gateway = runner.gateway
    try gateway.waitForLog(containing: "Too many open files", from: before)
    HostileTable.row(
      .crowd, "no descriptor for a connection: processor time", expected: "under a tenth of 3 s"
    ) {
      let start = Descriptors.processorSeconds(of: gateway.pid)
      usleep(3_000_000)
      let used = Descriptors.processorSeconds(of: gateway.pid) - start
      return used < 0.3 ? "under a tenth of 3 s" : "\(used) s"
    }
    try Descriptors.setLimit(of: gateway.pid, soft: 1024)
    #expect(try waiting.response(within: 20).status == 200)
  }
}
