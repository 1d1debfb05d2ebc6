import Foundation

/// A server of Debian's, run by a configuration of a test's own. It ends with its last reference, and what it
/// has started with it.
public final class PeerServer: Sendable {
  private let child: ChildProcess
  /// Not before its end is that gone.
  private let directory: TemporaryDirectory

  /// - Parameters:
  ///   - package: of Debian's, which has the program.
  ///   - needs: what `scripts/install-needs` is told to install it.
  ///   - directory: becomes its own: where the tests are root's, it runs as nobody (65534).
  public init(
    _ command: [String], package: String, needs: String = "test", in directory: TemporaryDirectory,
    environment: [String: String] = [:]
  ) throws {
    guard let program = PeerServer.find(command[0]) else {
      throw FixtureError(
        "\(command[0]) is not installed: scripts/install-needs \(needs) installs Debian's \(package)")
    }
    self.directory = directory
    // Test threads block signals and children inherit that: SIGTERM would not end them.
    var whole = ["env", "--default-signal"]
    if Machine.isRoot {
      whole += ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
      try PeerServer.giveToNobody(directory.path)
    }
    let all = ["PATH": PeerServer.folders.joined(separator: ":"), "HOME": directory.path]
    child = try ChildProcess(
      whole + [program] + command.dropFirst(), environment: all.merging(environment) { $1 })
  }

  /// SIGTERM, not SIGKILL: a master takes its workers with it.
  deinit { child.terminate(within: 10) }

  /// Waits until it takes connections, for 30 s at most.
  public func wait(until isReady: () -> Bool) throws {
    eventually(within: 30) { child.status != nil || isReady() }
    guard child.status == nil, isReady() else {
      throw FixtureError("it did not start:\n\(child.lines.suffix(20).joined(separator: "\n"))")
    }
  }

  public func wait(forPort port: UInt16) throws { try wait { (try? RawClient(port: port)) != nil } }

  public func signal(_ number: Int32) { child.signal(number) }

  /// SIGTERM, then its end.
  public func terminate() { child.terminate(within: 10) }

  public var lines: [String] { child.lines }

  private static let folders = [
    "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin",
  ]

  /// The program's path, of which it may be given all; `*` at the name's end stands for a version.
  private static func find(_ name: String) -> String? {
    if name.contains("/") { return FileManager.default.isExecutableFile(atPath: name) ? name : nil }
    for folder in folders {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
      let found = names.sorted().last { name.hasSuffix("*") ? $0.hasPrefix(name.dropLast()) : $0 == name }
      if let found { return "\(folder)/\(found)" }
    }
    return nil
  }

  private static func giveToNobody(_ path: String) throws {
    for name in [""] + (try FileManager.default.contentsOfDirectory(atPath: path)) {
      guard chown("\(path)/\(name)", 65_534, 65_534) == 0 else {
        throw FixtureError("\(path)/\(name) could not be given to nobody")
      }
    }
  }
}
