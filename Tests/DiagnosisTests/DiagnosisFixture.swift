import Foundation
import TestSupport

/// A gateway under the Vesicash preset, an application behind it, and the commands beside it.
final class DiagnosisFixture: Sendable {
  let upstream: RecordingUpstream
  let gateway: GatewayProcess

  init(
    secret: String = GatewayProcess.secret, route: String = "", more: String = "", unprivileged: Bool = false
  ) throws {
    upstream = try RecordingUpstream()
    gateway = try GatewayProcess(
      config: DiagnosisFixture.config(upstream, route) + more, files: ["secret": secret + "\n"],
      unprivileged: unprivileged)
  }

  private static func config(_ upstream: RecordingUpstream, _ route: String) -> String {
    GatewayConfig.text(upstreams: [upstream.url()], route: route, top: "control: {dir}/control.sock")
  }

  /// Puts the route's settings into the configuration, and has the gateway read it.
  func change(to route: [String]) throws {
    try gateway.writeConfig(DiagnosisFixture.config(upstream, route.joined(separator: "\n")))
    let seen = gateway.log.count
    gateway.signal(SIGHUP)
    try gateway.waitForLog(containing: "msg=reloaded", from: seen)
  }

  static func request(_ lines: [String], _ body: String = Provider.body) -> SignedRequest {
    SignedRequest(body).with { $0.ownSignatureLines = lines }
  }

  static var now: Int64 { Int64(Date().timeIntervalSince1970 * 1000) }

  // MARK: Commands

  func vesigate(_ arguments: [String]) throws -> (status: Int32, lines: [String]) {
    try GatewayProcess.command([arguments[0], "--config", gateway.configPath] + arguments.dropFirst())
  }

  /// A capture that waits already.
  func beginCapture(_ arguments: [String] = [], as user: [String] = []) throws -> ChildProcess {
    let child = try ChildProcess(
      user + [
        GatewayBinary.path(), "capture", "--config", gateway.configPath, "--directory",
        gateway.directory.path,
      ] + arguments, environment: ["PATH": "/usr/bin:/bin"])
    _ = try child.waitForLine(containing: "waiting for the next", within: 30)
    return child
  }

  /// The files that a capture has named.
  static func files(_ child: ChildProcess) -> [String] {
    child.lines.filter { $0.contains(".http  ") }.map { String($0.prefix { $0 != " " }) }
  }
}
