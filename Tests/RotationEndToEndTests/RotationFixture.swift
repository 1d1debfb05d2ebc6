import Foundation
import Synchronization
import TestSupport

/// A provider, a gateway with its app, and the command that rotates: each test has its own.
final class RotationFixture: Sendable {
  let provider: ProviderSimulator
  let upstream: CountingUpstream
  let gateway: GatewayProcess
  let directory: TemporaryDirectory
  /// Everything that was written anywhere, for the search for secrets.
  let heard = Heard()
  private let secretFile: String
  var secretPath: String { secretFile }

  /// - Parameters:
  ///   - rotation: further lines of the route's `rotation:`.
  ///   - secrets: the directory that holds the secret file, one of its own where it is nil.
  ///   - environment: what the gateway is started with.
  init(
    seed: UInt64, behaviour: ProviderSimulator.Behaviour = .rotate(delayMillisecondsMax: 3000),
    rotation: [String] = [], limits: String = "", secrets: String? = nil, environment: [String: String] = [:]
  ) throws {
    provider = try ProviderSimulator(seed: seed, behaviour: behaviour)
    upstream = try CountingUpstream()
    directory = try TemporaryDirectory()
    let folder = secrets ?? directory.path + "/secrets"
    try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    secretFile = folder + "/vesicash"
    try Self.write(secretFile, provider.current.secret + "\n", 0o640)
    try Self.write(directory.path + "/api-key", ProviderSimulator.apiKey + "\n", 0o600)
    let lines = ["api: \"\(provider.url)\"", "api-key-file: {dir}/api-key"] + rotation
    gateway = try GatewayProcess(
      config: GatewayConfig.text(
        upstreams: [upstream.url],
        route: "secret-file: \(secretFile)\nrotation: {\(lines.joined(separator: ", "))}",
        limits: limits, top: "control: {dir}/control.sock\nlog: {deliveries: refused}"),
      files: [:], environment: environment, directory: directory,
      startedBy: environment.isEmpty ? [] : FakeTime.starter)
  }

  private static func write(_ path: String, _ text: String, _ mode: mode_t) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    chmod(path, mode)
  }

  func stop() {
    provider.stop()
    upstream.stop()
  }

  // MARK: The command

  func arguments(_ more: [String] = []) -> [String] {
    ["secret", "rotate", "--config", gateway.configPath, "--yes"] + more
  }

  func spawn(_ more: [String] = [], as prefix: [String] = []) throws -> ChildProcess {
    try ChildProcess(
      prefix + [try GatewayBinary.path()] + arguments(more),
      environment: ["PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"])
  }

  /// Rotates to the end, and looks meanwhile at all that others can see of it.
  @discardableResult
  func rotate(
    _ more: [String] = [], as prefix: [String] = [], within seconds: Double = 120
  ) throws -> (status: Int32, text: String) {
    let child = try spawn(more, as: prefix)
    eventually(within: seconds) {
      heard.overhear(child.procFile("cmdline"))
      heard.overhear(child.procFile("environ"))
      heard.overhear(contents(".journal"))
      heard.overhear(contents(".lock"))
      usleep(15_000)
      return child.status != nil
    }
    guard let status = child.waitForExit(within: 5) else { throw FixtureError("rotate did not end") }
    heard.note(child.lines.joined(separator: "\n"))
    return (status, child.lines.joined(separator: "\n"))
  }

  // MARK: What stands

  func contents(_ companion: String = "") -> [UInt8] {
    Array(FileManager.default.contents(atPath: secretFile + companion) ?? Data())
  }

  func exists(_ companion: String) -> Bool { access(secretFile + companion, F_OK) == 0 }

  /// The file's only line, nil when it is anything else than one whole line.
  var storedSecret: String? {
    let lines = String(decoding: contents(), as: UTF8.self).split(
      separator: "\n", omittingEmptySubsequences: false)
    return lines.count == 2 && lines[1].isEmpty ? String(lines[0]) : nil
  }

  /// The step that the journal names; nil when none stands.
  var journalStep: String? {
    guard exists(".journal") else { return nil }
    let line = String(decoding: contents(".journal"), as: UTF8.self).split(separator: "\n")
      .first { $0.hasPrefix("step: ") }
    return line.map { String($0.dropFirst(6)) } ?? "garbled"
  }

  /// Files beside the secret that no finished rotation leaves behind.
  var leftovers: [String] {
    let folder = (secretFile as NSString).deletingLastPathComponent
    let kept = ["vesicash", "vesicash.lock", "vesicash.previous"]
    return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter {
      !kept.contains($0)
    }
  }

  func control(_ request: String = "secrets") throws -> [String: Any] {
    let client = try RawClient(unixPath: directory.path + "/control.sock")
    try client.send(request + "\n")
    let bytes = try client.readToEnd()
    heard.overhear(bytes)
    guard let answer = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any] else {
      throw FixtureError("the control socket answered no JSON")
    }
    return answer
  }

  /// A counter of the only secret file.
  func counter(_ name: String) throws -> Int {
    let files = try control()["files"] as? [[String: Any]]
    return files?.first?[name] as? Int ?? -1
  }

  /// The status of one fresh delivery.
  func status(signedWith secret: String, shiftSeconds: Int = 0) throws -> Int {
    try gateway.exchange(
      SignedRequest(Delivery(number: 0, isForged: false).body).with {
        $0.secret = secret
        $0.shiftSeconds = shiftSeconds
      }.bytes, seconds: 30
    ).status
  }

  /// Whether a forged delivery is refused as such. One that comes within a second of a rotation's end may be
  /// told to come again.
  func refusesForgery() throws -> Bool {
    var status = 0
    eventually { (try? self.status(signedWith: "a guess")).map { status = $0 } != nil && status == 401 }
    return status == 401
  }

  /// The journal that stands, as if it had been written so long ago.
  func ageJournal(seconds: Int64) throws {
    let began = Int64(Date().timeIntervalSince1970 * 1000) - seconds * 1000
    let lines = String(decoding: contents(".journal"), as: UTF8.self).split(separator: "\n").map {
      $0.hasPrefix("began:") ? "began: \(began)\n" : "\($0)\n"
    }
    try Self.write(secretFile + ".aged", lines.joined(), 0o640)
    guard rename(secretFile + ".aged", secretFile + ".journal") == 0 else { throw FixtureError("rename") }
  }

  func removeJournal() { unlink(secretFile + ".journal") }

  // MARK: Secrecy

  /// What was seen of secrets or the key in places where they must not be.
  func leaks() -> [String] {
    heard.overhear(gateway.procFile("cmdline"))
    heard.overhear(gateway.procFile("environ"))
    heard.note(gateway.log.joined(separator: "\n"))
    return heard.found(ProviderSimulator.marker)
  }
}

/// Texts that others can read, each kept once.
final class Heard: Sendable {
  private let texts = Mutex<Set<String>>([])

  func overhear(_ bytes: [UInt8]) { if !bytes.isEmpty { note(String(decoding: bytes, as: UTF8.self)) } }
  func note(_ text: String) { texts.withLock { _ = $0.insert(text) } }

  var count: Int { texts.withLock { $0.count } }

  /// The lines that hold `marker`, without what follows it.
  func found(_ marker: String) -> [String] {
    texts.withLock { $0 }.flatMap { text in
      text.components(separatedBy: "\n").compactMap { line in
        line.range(of: marker).map { String(line[..<$0.lowerBound]) + "..." }
      }
    }
  }
}
