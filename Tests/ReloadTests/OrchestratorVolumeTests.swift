import Foundation
import TestSupport
import Testing

/// A secret as Kubernetes mounts it: the file is a link to `..data/NAME`, `..data` one to a folder, and a change of the
/// secret is a new folder and a new `..data` in one step.
@Suite(.ownThread) struct OrchestratorVolumeTests {
  private let directory: TemporaryDirectory
  private var volume: String { directory.path + "/volume" }

  init() throws {
    directory = try TemporaryDirectory()
    try FileManager.default.createDirectory(atPath: volume, withIntermediateDirectories: false)
    // Everybody may make files there, and nobody take away what is another's.
    chmod(volume, 0o3777)
    try bring(GatewayProcess.secret, folder: "..2026_01_01_00_00_01")
    try FileManager.default.createSymbolicLink(
      atPath: volume + "/hook", withDestinationPath: "..data/hook")
  }

  private func bring(_ secret: String, folder: String) throws {
    let path = "\(volume)/\(folder)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    chmod(path, 0o2755)
    try Data((secret + "\n").utf8).write(to: URL(fileURLWithPath: path + "/hook"))
    chmod(path + "/hook", 0o440)
    try FileManager.default.createSymbolicLink(atPath: volume + "/..data_tmp", withDestinationPath: folder)
    try #require(rename(volume + "/..data_tmp", volume + "/..data") == 0)
  }

  @Test func `a secret that an orchestrator leads elsewhere is taken without a signal`() throws {
    let upstream = try RecordingUpstream()
    let config = GatewayConfig.text(
      upstreams: [upstream.url()], route: "secret-file: {dir}/volume/hook")
    let started = try StartedGateway(config, directory: directory)
    _ = try started.waitUntilReady()
    let client = try RawClient(port: started.port)
    func status(_ secret: String) throws -> Int {
      try client.send(SignedRequest().with { $0.secret = secret }.bytes)
      return try client.response().status
    }
    let next = "the-secret-of-tomorrow-0123456789"
    #expect(try status(GatewayProcess.secret) == 200)
    #expect(try status(next) == 401)
    try bring(next, folder: "..2026_01_01_00_00_02")
    try FileManager.default.removeItem(atPath: volume + "/..2026_01_01_00_00_01")
    #expect(try status(next) == 200)
    #expect(try status(GatewayProcess.secret) == 401)
    #expect(started.child.terminate() == 0)
  }
}
