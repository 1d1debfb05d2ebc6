import Foundation
import Synchronization
import TestSupport

/// A gateway that was started and not waited for: it may fail, be slow, or be run by another program.
struct StartedGateway {
  let directory: TemporaryDirectory
  let port: UInt16
  let configPath: String
  let child: ChildProcess

  /// - Parameters:
  ///   - config: as for `GatewayProcess`.
  ///   - wrapper: what runs it, up to the program's own name.
  init(
    _ config: String, wrapper: [String] = [], environment: [String: String] = [:], port given: UInt16? = nil,
    directory givenDirectory: TemporaryDirectory? = nil
  ) throws {
    directory = try givenDirectory ?? TemporaryDirectory()
    port = try given ?? FreePort.take()
    let text = StartedGateway.fill(config, directory.path, port)
    configPath = try directory.write("vesigate.yaml", text, mode: 0o644)
    try directory.write("secret", GatewayProcess.secret + "\n")
    let filled = wrapper.map { [directory, port] in StartedGateway.fill($0, directory.path, port) }
    let path = ["PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
    child = try ChildProcess(
      filled + [GatewayBinary.path(), "run", "--config", configPath],
      environment: path.merging(environment) { $1 })
  }

  func waitUntilReady() throws -> String { try child.waitForLine(containing: "msg=ready", within: 30) }

  static func fill(_ text: String, _ directory: String, _ port: UInt16) -> String {
    text.replacingOccurrences(of: "{dir}", with: directory)
      .replacingOccurrences(of: "{port}", with: String(port))
  }
}

/// Sends SIGHUP every millisecond.
final class Hammer: Sendable {
  private let isOver = Atomic<Bool>(false)
  private let count = Atomic<Int>(0)

  init(_ pid: pid_t) {
    Thread { [self] in
      while !isOver.load(ordering: .relaxed), kill(pid, SIGHUP) == 0 {
        count.add(1, ordering: .relaxed)
        usleep(1000)
      }
    }.start()
  }

  /// How many were sent.
  func stop() -> Int {
    isOver.store(true, ordering: .relaxed)
    return count.load(ordering: .relaxed)
  }
}
