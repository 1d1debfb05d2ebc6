public import Foundation

/// The built gateway, running with a configuration of a test's own.
public final class GatewayProcess: Sendable {
  /// What tests sign with where they do not say otherwise.
  public static let secret = "end-to-end secret 5f2c"

  public let directory: TemporaryDirectory
  /// Where `{port}` in the configuration listens, on 127.0.0.1.
  public let port: UInt16
  public let configPath: String
  private let child: ChildProcess

  /// Starts it and waits until it is ready, for 30 s at most.
  ///
  /// - Parameters:
  ///   - config: YAML, in which `{port}` and `{dir}` stand for a free port and the test's directory.
  ///   - files: further files in that directory, mode 0640, where `{dir}` is replaced too.
  ///   - environment: besides PATH; `VESIGATE_` variables of the caller are not handed on.
  ///   - unprivileged: whether it runs as nobody (65534), to whom the files then belong.
  ///   - startedBy: a command that becomes it, as `env` does.
  ///   - readyText: what its log says when it is ready, in the log's format.
  public init(
    config: String, files: [String: String] = ["secret": GatewayProcess.secret + "\n"],
    environment: [String: String] = [:], unprivileged: Bool = false,
    directory given: TemporaryDirectory? = nil, readyText: String = "msg=ready", startedBy: [String] = []
  ) throws {
    directory = try given ?? TemporaryDirectory()
    port = try FreePort.take()
    let filled = GatewayProcess.fill(config, directory.path, port)
    configPath = try directory.write("vesigate.yaml", filled, mode: 0o644)
    for (name, text) in files {
      try directory.write(name, text.replacingOccurrences(of: "{dir}", with: directory.path))
    }
    var command = [try GatewayBinary.path(), "run", "--config", configPath]
    if unprivileged {
      try GatewayProcess.giveToNobody(directory.path)
      command[0] = try GatewayBinary.publicCopy.get().path
      command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] + command
    }
    child = try ChildProcess(
      startedBy + command, environment: GatewayProcess.environment(environment))
    _ = try child.waitForLine(containing: readyText, within: 30)
  }

  /// Runs another command of the binary to its end: its exit code and what it wrote.
  public static func command(
    _ arguments: [String], environment: [String: String] = [:], within seconds: Double = 30
  ) throws -> (status: Int32, lines: [String]) {
    let child = try ChildProcess(
      [try GatewayBinary.path()] + GatewayBinary.asOneself(arguments),
      environment: Self.environment(environment))
    guard let status = child.waitForExit(within: seconds) else {
      throw FixtureError("\(arguments) did not end within \(seconds) s")
    }
    return (status, child.lines)
  }

  private static func environment(_ added: [String: String]) -> [String: String] {
    var environment = ["PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
    for name in ["LD_LIBRARY_PATH", "LLVM_PROFILE_FILE"] {
      environment[name] = ProcessInfo.processInfo.environment[name]
    }
    return environment.merging(added) { $1 }
  }

  private static func fill(_ text: String, _ directory: String, _ port: UInt16) -> String {
    text.replacingOccurrences(of: "{dir}", with: directory)
      .replacingOccurrences(of: "{port}", with: String(port))
  }

  private static func giveToNobody(_ directory: String) throws {
    for name in [""] + (try FileManager.default.contentsOfDirectory(atPath: directory)) {
      guard chown("\(directory)/\(name)", 65_534, 65_534) == 0 else {
        throw FixtureError("only root can give files to another user")
      }
    }
  }

  /// Replaces a configuration by renaming, placeholders filled; the gateway reads it at its next SIGHUP.
  public func writeConfig(_ text: String) throws {
    try directory.write("vesigate.yaml", GatewayProcess.fill(text, directory.path, port), mode: 0o644)
  }

  // MARK: Talking to it

  public func connect() throws -> RawClient { try RawClient(port: port) }

  /// One request over a connection of its own, and its answer.
  public func exchange(_ bytes: [UInt8], seconds: Double = 10) throws -> RawResponse {
    let client = try connect()
    try client.send(bytes)
    return try client.response(within: seconds)
  }

  // MARK: Watching it

  public var pid: pid_t { child.pid }
  public var log: [String] { child.lines }
  public var residentBytes: Int { child.residentBytes }
  public var cpuSeconds: Double { child.cpuSeconds }
  /// Of the event loops that carry deliveries.
  public var loopSeconds: Double { get throws { try child.cpuSeconds(ofThreads: "deliveries") } }
  public var descriptorCount: Int { child.descriptorCount }
  public var socketCount: Int { child.socketCount }
  public var status: Int32? { child.status }
  public func procFile(_ name: String) -> [UInt8] { child.procFile(name) }

  /// The first log line from number `start` on that contains `text`.
  @discardableResult
  public func waitForLog(containing text: String, from start: Int = 0, within seconds: Double = 10) throws
    -> String
  {
    try child.waitForLine(containing: text, from: start, within: seconds)
  }

  public func signal(_ number: Int32) { child.signal(number) }

  /// SIGTERM, then its exit code; SIGKILL is the last resort and gives 137.
  @discardableResult
  public func terminate(within seconds: Double = 40) -> Int32 { child.terminate(within: seconds) }

  public func waitForExit(within seconds: Double = 10) -> Int32? { child.waitForExit(within: seconds) }
}

/// Where the built program lies: beside the test bundle, in whatever way both were built, or where TEST_BINARY
/// says.
public enum GatewayBinary {
  public static func path() throws -> String {
    if let given = ProcessInfo.processInfo.environment["TEST_BINARY"] { return given }
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    for start in [own, CommandLine.arguments[0]] {
      var folder = URL(fileURLWithPath: start).deletingLastPathComponent()
      while folder.path != "/" {
        let candidate = folder.appendingPathComponent("vesigate").path
        var isDirectory: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: candidate, isDirectory: &isDirectory)
        if exists, !isDirectory.boolValue, access(candidate, X_OK) == 0 { return candidate }
        folder.deleteLastPathComponent()
      }
    }
    throw FixtureError("no built vesigate beside \(own)")
  }

  /// Root's `check` judges for the service's account; tests mean whoever runs them, also where vesigate is installed.
  public static func asOneself(_ arguments: [String]) -> [String] {
    let judges = arguments.first == "check" && geteuid() == 0 && getpwnam("vesigate") != nil
    return judges ? arguments + ["--user", "root"] : arguments
  }

  /// For programs that run as another user.
  public static func publicPath() throws -> String { try publicCopy.get().path }

  /// A copy that any user reaches, wherever the tree lies.
  static let publicCopy = Result { try PublicCopy() }

  final class PublicCopy: Sendable {
    let directory: TemporaryDirectory
    var path: String { directory.path + "/vesigate" }

    init() throws {
      directory = try TemporaryDirectory()
      // Not copied by this process: a program that another test starts meanwhile would for an instant hold
      // the copy open for writing, and what is written to cannot be executed.
      let cp = try ChildProcess(
        ["cp", try GatewayBinary.path(), directory.path + "/vesigate"], environment: ["PATH": "/usr/bin:/bin"]
      )
      guard cp.waitForExit(within: 60) == 0 else { throw FixtureError("\(cp.lines)") }
    }
  }
}
