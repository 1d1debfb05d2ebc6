import Gateway
import Glibc
import Signing
import TestSupport
import Testing

@testable import vesigate

/// Who must be able to read the secrets, and must not read the API key.
@Suite struct DaemonUserTests {
  @Test(arguments: [
    // Only the first class that fits counts, even where a later one allows more.
    (true, true, 0o400, true), (true, true, 0o077, false), (false, true, 0o040, true),
    (false, true, 0o707, false), (false, false, 0o004, true), (false, false, 0o770, false),
  ])
  func `what may be read is decided by the first class that fits`(
    isOwner: Bool, isInGroup: Bool, mode: Int, expected: Bool
  ) throws {
    let nobody = try #require(DaemonUser(account: "nobody"))
    let user = isOwner ? nobody.user : nobody.user + 1
    let group = isInGroup ? try #require(nobody.groups.first) : 4_000_000_000
    #expect(nobody.canRead(user: user, group: group, mode: UInt32(mode)) == expected)
  }

  @Test func `root reads everything`() throws {
    #expect(try #require(DaemonUser(account: "root")).canRead(user: 1, group: 1, mode: 0))
  }

  @Test func `a process runs as its effective user, and nobody has an account of no name`() throws {
    let own = try #require(DaemonUser(pid: Int(getpid())))
    #expect(own.user == geteuid() && own.groups.first == getegid())
    #expect(DaemonUser(account: "no such account") == nil)
  }

  @Test func `a folder that lets nobody in keeps what is below it out of reach`() throws {
    let nobody = try #require(DaemonUser(account: "nobody"))
    #expect(nobody.canReach("/etc/passwd"))
    let scratch = try Scratch()
    chmod(scratch.directory, 0o700)
    #expect(!nobody.canReach(scratch.file("key")))
  }

  private func warnings(_ paths: [String]) throws -> [String] {
    KeyFileWarnings.all(
      for: try paths.map { path in
        var rotation = RotationSettings()
        rotation.apiKeyFile = path
        return Route(
          path: try #require(PathPattern("/a")), secretFileIndex: 0, upstreams: [], rotation: rotation)
      })
  }

  @Test func `a key that is open to all, or missing, is warned of once`() throws {
    let scratch = try Scratch()
    let open = try scratch.write("open", "sk_live_0123456789abcdef\n", mode: 0o604)
    let missing = scratch.file("missing")
    #expect(
      try warnings([open, missing, open]) == [
        "the API key in \(open) is open to every user: chmod 0600 it, then make a new API key",
        "there is no API key in \(missing): secret rotate will need it",
      ])
  }
}
