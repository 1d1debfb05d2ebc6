import Foundation
import TestSupport
import Testing

/// Whether a namespace of its own can be had, in which this host's accounts are others.
private let canUnshare: Bool = {
  guard geteuid() == 0, let fixture = try? CommandFixture() else { return false }
  return (try? fixture.run("/usr/bin/unshare", ["-m", "true"]))?.status == 0
}()

/// Root's check on a host that has the service's account: what that may not read keeps it from starting.
@Suite(
  .ownThread,
  .enabled(if: canUnshare, "only root, where it may make namespaces, can add an account for a while"))
struct CheckAsServiceTests {
  let fixture: CommandFixture
  let config: String
  /// The service's, of an id that no host gives.
  private static let id: uid_t = 64_321

  init() throws {
    fixture = try CommandFixture()
    mkdir(fixture.path("secrets"), 0o755)
    try Self.write(
      fixture, "passwd", "/etc/passwd", "vesigate:x:\(Self.id):\(Self.id)::/nonexistent:/bin/false\n")
    try Self.write(fixture, "group", "/etc/group", "vesigate:x:\(Self.id):\n")
    config = try fixture.write(
      "vesigate.yaml",
      """
      listen: 127.0.0.1:0
      control: none
      routes:
        - path: /webhooks/vesicash
          secret-file: \(fixture.path("secrets/vesicash"))
          upstreams: [http://127.0.0.1:9/vesicash]

      """, mode: 0o644)
    try put(mode: 0o640, group: 0)
  }

  private static func write(_ fixture: CommandFixture, _ name: String, _ original: String, _ line: String)
    throws
  {
    try fixture.write(name, try String(contentsOfFile: original, encoding: .utf8) + line, mode: 0o644)
  }

  private func put(mode: Int, group: gid_t) throws {
    try fixture.write("secrets/vesicash", "a-secret-of-some-length\n", mode: mode)
    chown(fixture.path("secrets/vesicash"), 0, group)
  }

  /// Runs a command of vesigate's where the account exists.
  private func vesigate(_ arguments: [String], input: String = "", as prefix: String = "") throws -> Finished
  {
    let script = """
      mount --bind "$1" /etc/passwd && mount --bind "$2" /etc/group && shift 2 && exec \(prefix) "$@"
      """
    let binary = try prefix.isEmpty ? GatewayBinary.path() : GatewayBinary.publicPath()
    return try fixture.run(
      "/usr/bin/unshare",
      ["-m", "sh", "-c", script, "sh", fixture.path("passwd"), fixture.path("group"), binary] + arguments,
      input: Array(input.utf8))
  }

  private func check(_ more: [String] = [], as prefix: String = "") throws -> Finished {
    try vesigate(["check", "--config", config] + more, as: prefix)
  }

  private static let asService = "setpriv --reuid=\(id) --regid=\(id) --clear-groups"

  @Test(arguments: [(0o600, 0), (0o640, 0), (0o600, Int(id))])
  func `a secret that only root may read is refused as the start refuses it, with the command that mends it`(
    mode: Int, group: Int
  ) throws {
    try put(mode: mode, group: gid_t(group))
    let sentence =
      "\(fixture.path("secrets/vesicash")) may not be read by vesigate: "
      + "chgrp vesigate it, then chmod 0640 it\n"
    let byRoot = try check()
    #expect(byRoot.status == 77 && byRoot.errors.contains(sentence), "\(byRoot.errors)")
    let byService = try check(as: Self.asService)
    #expect(byService.status == 77 && byService.errors == byRoot.errors, "\(byService.errors)")
    // The command does mend it.
    try put(mode: 0o640, group: Self.id)
    for mended in [try check(), try check(as: Self.asService)] {
      #expect(mended.status == 0 && mended.errors == "", "\(mended.errors)")
    }
  }

  @Test func `a folder on the way that the service may not enter is named, with the command that mends it`()
    throws
  {
    try put(mode: 0o640, group: Self.id)
    chmod(fixture.path("secrets"), 0o700)
    let folder = fixture.path("secrets")
    let sentence =
      "\(folder)/vesicash may not be read by vesigate, who may not enter \(folder): "
      + "chgrp vesigate \(folder), then chmod g+x \(folder)\n"
    for refused in [try check(), try check(as: Self.asService)] {
      #expect(refused.status == 77 && refused.errors.contains(sentence), "\(refused.errors)")
    }
    // What is put into it would be of its group.
    chown(folder, 0, Self.id)
    let set = try vesigate(["secret", "set", "--config", config], input: "another-secret-of-some-length")
    #expect(set.status == 77, "\(set.errors)")
    let ending = "the daemon's user vesigate may not enter \(folder): chgrp vesigate \(folder), then "
    #expect(set.errors.hasSuffix(ending + "chmod g+x \(folder)\n"), "\(set.errors)")
    chmod(folder, 0o710)
    #expect(try check().status == 0)
  }

  @Test func `whoever is neither root nor the service is told to be root, and not to take the secrets away`()
    throws
  {
    let other = "setpriv --reuid=65534 --regid=65534 --clear-groups"
    let path = fixture.path("secrets/vesicash")
    try put(mode: 0o640, group: Self.id)
    let body = try fixture.write("body", "{}", mode: 0o644)
    let sign = ["sign", "--config", config, body]
    let outright = ["sign", "--secret-file", path, body]
    for arguments in [["check", "--config", config], sign, outright] {
      let refused = try vesigate(arguments, as: other)
      #expect(refused.status == 77)
      #expect(
        refused.errors.contains("\(path) may not be read by nobody: run this as root (sudo)\n"),
        "\(refused.errors)")
      #expect(!refused.errors.contains("chgrp"), "\(refused.errors)")
    }
    chmod(fixture.path("secrets"), 0o700)
    let folder = try check(as: other)
    #expect(
      folder.errors.contains(
        "nobody, who may not enter \(fixture.path("secrets")): run this as root (sudo)\n"),
      "\(folder.errors)")
    #expect(!folder.errors.contains("chgrp"))
  }

  @Test func `upstreams are asked as the service, whose permissions at a socket count`() throws {
    try put(mode: 0o640, group: Self.id)
    let app = try RecordingUpstream(unixPath: fixture.path("secrets/app.sock"))
    let text = try String(contentsOfFile: config, encoding: .utf8)
    let url = "unix:\(fixture.path("secrets/app.sock"))"
    try fixture.write(
      "vesigate.yaml", text.replacing("http://127.0.0.1:9/vesicash", with: url), mode: 0o644)
    // Root may connect to any.
    chmod(fixture.path("secrets/app.sock"), 0o600)
    #expect(try check(["--connect", "--user", "root"]).status == 0)
    let refused = try check(["--connect"])
    #expect(refused.status == 69, "\(refused.text)")
    #expect(refused.text.contains("fails    \(url)  connect: "), "\(refused.text)")
    #expect(
      refused.text.contains("the user with id \(Self.id) must be allowed to write to it"), "\(refused.text)")
    #expect(refused.errors.hasSuffix("1 of 1 upstreams accept no connection from vesigate\n"))
    chown(fixture.path("secrets/app.sock"), Self.id, 0)
    #expect(try check(["--connect"]).status == 0)
    #expect(app.requests.isEmpty)
  }

  @Test func `what an access list lets the service read is read`() throws {
    guard access("/usr/bin/setfacl", X_OK) == 0 else { return }
    let path = fixture.path("secrets/vesicash")
    guard try fixture.run("/usr/bin/setfacl", ["-m", "u:\(Self.id):r", path]).status == 0 else { return }
    #expect(try check().status == 0)
  }

  @Test func `a configuration that the service may not read is refused`() throws {
    try put(mode: 0o640, group: Self.id)
    chmod(config, 0o600)
    let refused = try check()
    #expect(refused.status == 77)
    #expect(refused.errors.contains("may not be read by vesigate: chgrp vesigate it"), "\(refused.errors)")
  }

  @Test func `the store's folder is judged for the service, which is to write there`() throws {
    try put(mode: 0o640, group: Self.id)
    let folder = fixture.path("store")
    mkdir(folder, 0o700)
    let durable = try fixture.write(
      "durable.yaml",
      try String(contentsOfFile: config, encoding: .utf8) + """
            durable: true
        store: {sqlite: \(folder)/queue.db, seal-key-file: \(folder)/seal.key}

        """, mode: 0o644)
    let roots = try vesigate(["check", "--config", durable])
    #expect(roots.status == 78)
    #expect(
      roots.errors.contains("\(folder) may not be written to by vesigate: chown vesigate \(folder)\n"),
      "\(roots.errors)")
    chown(folder, Self.id, Self.id)
    let own = try vesigate(["check", "--config", durable])
    #expect(own.status == 0 && own.errors == "", "\(own.errors)")
    // Whoever is neither may not even look.
    let other = try vesigate(
      ["check", "--config", durable], as: "setpriv --reuid=65534 --regid=\(Self.id) --clear-groups")
    #expect(other.status == 0 && other.errors.contains("run this as root (sudo)"), "\(other.errors)")
  }

  @Test func `another account can be named, and one that does not exist is said`() throws {
    #expect(try check(["--user", "root"]).status == 0)
    let none = try check(["--user", "nobody-of-this-name"])
    #expect(none.status == 64 && none.errors == "vesigate: there is no account nobody-of-this-name\n")
  }
}
