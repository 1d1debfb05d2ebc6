import Gateway
import TestSupport
import Testing

@testable import Forwarding

/// What the start's warning counts for upstreams. That it is what is open then, OverLimitTests show with the program.
@Suite(.ownThread) struct DescriptorTests {
  private func descriptors(
    _ hosts: [String], deliver: DispatchPolicy = .first, unixSocketPath: String? = nil, inFlight: Int = 64,
    loops: Int = 1
  ) throws -> Int {
    let upstreams = hosts.map { Upstream(name: $0, host: $0, port: 1, unixSocketPath: unixSocketPath) }
    let path = try #require(PathPattern("/"))
    var limits = Limits()
    limits.inFlightMax = inFlight
    return UpstreamForwarder.descriptorsMax(
      limits, RouteTable([Route(path: path, secretFileIndex: 0, upstreams: upstreams, deliver: deliver)]),
      loops: loops)
  }

  @Test func `deliveries, connections that wait and a pair for each sixteen are counted`() throws {
    #expect(try descriptors(["127.0.0.1"]) == 64 + 64 + 2 * (8 + 1))
    #expect(try descriptors(["[::1]"], inFlight: 2048, loops: 2) == 2048 + 2048 + 2 * (256 + 2))
    // Each loop keeps 64, however few deliveries there may be.
    #expect(try descriptors(["127.0.0.1"], inFlight: 1, loops: 4) == 1 + 256 + 2 * (16 + 4))
  }

  @Test func `a name takes three descriptors until it is resolved, an address and a unix socket do not`()
    throws
  {
    #expect(try descriptors(["127.0.0.1", "app.example"]) == 3 * 64 + 64 + 2 * (8 + 1))
    #expect(try descriptors(["localhost"], unixSocketPath: "/run/app") == 64 + 64 + 2 * (8 + 1))
  }

  @Test func `each of several upstreams that get every delivery is counted`() throws {
    #expect(try descriptors(["127.0.0.1", "127.0.0.2"], deliver: .all) == 128 + 64 + 2 * (12 + 1))
  }
}
