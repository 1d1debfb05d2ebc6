import Foundation
import Gateway
import Signing
import TestSupport
import Testing

@testable import Configuration
@testable import Secrets

@Suite(.ownThread) struct LoaderTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  /// One route a line: its path, the name of its secret file and more settings.
  private func write(_ routes: (path: String, secret: String, more: String)...) throws -> String {
    let lines = routes.map { route in
      "  - {path: \(route.path), secret-file: \(scratch.file(route.secret)), upstreams: http://a\(route.more)}\n"
    }
    return try scratch.write("v.yaml", "routes:\n" + lines.joined())
  }

  private func failure(_ path: String, previous: Loaded? = nil) -> LoadFailure? {
    do {
      _ = try Loader.load(configPath: path, previous: previous)
      return nil
    } catch { return error }
  }

  private func lines(_ failure: LoadFailure?) -> [String] {
    failure?.description.replacing(scratch.directory, with: "").split(separator: "\n").map(String.init) ?? []
  }

  @Test func `configuration and secrets become one snapshot`() throws {
    try scratch.write("one", "a\nb\n")
    try scratch.write("two", "c\n")
    let path = try write(("/a", "one", ""), ("/b", "two", ", signature: github"), ("/c", "one", ""))
    let loaded = try Loader.load(configPath: path)
    #expect(
      loaded.snapshot.generation == 1 && loaded.snapshot.routes.all.map(\.secretFileIndex) == [0, 1, 0])
    #expect(loaded.snapshot.secrets.map(\.lines.count) == [2, 1])
    #expect(loaded.identities == ["one", "two"].map { SecretFile.look(scratch.file($0)) })
  }

  @Test func `problems of the file and of its secret files come together`() throws {
    try scratch.write("wide", "a", mode: 0o644)
    try scratch.write("empty", "")
    let path = try write(
      ("/a", "wide", ", observe: 1"), ("/b", "empty", ""), ("/c", "none", ""), ("/d", "none", ""))
    let found = failure(path)
    let remedy = "; enter it by vesigate secret set --route"
    let expected: [String] = [
      " routes[0].secret-file: /wide is open to every user (mode 0644): chmod 0640 it",
      " routes[0].observe: must be true or false",
      " routes[1].secret-file: /empty \(SecretFile.empty)\(remedy) /b --config /v.yaml",
      " routes[2].secret-file: /none does not exist\(remedy) /c --config /v.yaml",
    ]
    #expect(lines(found).map { String($0.drop { $0 != " " }) } == expected)
    #expect(lines(found).first?.hasPrefix("/v.yaml:2:29 ") == true)
    #expect(found?.exitCode == 78)
  }

  @Test func `permissions alone are exit code 77`() throws {
    try scratch.write("wide", "a", mode: 0o644)
    #expect(failure(try write(("/a", "wide", "")))?.exitCode == 77)
    #expect(failure(scratch.file("none"))?.exitCode == 78)
    #expect(lines(failure(scratch.file("none"))) == ["/none: does not exist"])
    #expect(lines(failure(scratch.directory)) == [": is not a regular file"])
  }

  @Test func `a secret that cannot be decoded is told at the route that reads it`() throws {
    try scratch.write("one", "zz")
    let path = try write(("/a", "one", ", signature: {key-decoding: hex}"))
    #expect(
      lines(failure(path)) == [
        "/v.yaml:2:29 routes[0].secret-file: /one does not hold pairs of hex digits in line 1, "
          + "as key-decoding: hex asks for"
      ])
  }

  @Test func `one secret under two layouts is told at the later route, whatever the file`() throws {
    try scratch.write("one", "a\nb\n")
    try scratch.write("two", "c\nb\n")
    let shared = Secret(Array("b".utf8)).fingerprint
    let path = try write(
      ("/a", "one", ""), ("/b", "two", ", signature: github"),
      ("/c", "one", ", signature: {tolerance-seconds: 9}"))
    let ending = "under another signature layout; a delivery captured on one could be replayed on the other"
    #expect(
      lines(failure(path)).map { $0.drop { $0 != " " } }
        == [
          " routes[1].signature: shares secret \(shared) with routes[0] \(ending)",
          " routes[2].signature: shares secret \(shared) with routes[1] \(ending)",
        ])
  }

  @Test func `the same file read in two ways is the same secret`() throws {
    try scratch.write("one", "6162")
    let path = try write(("/a", "one", ""), ("/b", "one", ", signature: {key-decoding: hex}"))
    #expect(lines(failure(path)).count == 1)
  }

  @Test func `a reload keeps what is the same and counts what is not`() throws {
    try scratch.write("one", "a")
    try scratch.write("two", "b")
    let path = try write(("/a", "one", ""), ("/b", "two", ""))
    let first = try Loader.load(configPath: path)
    try scratch.write("two", "c\nb")
    let second = try Loader.load(configPath: path, previous: first)
    #expect(second.snapshot.generation == 2)
    #expect(second.snapshot.secrets[0] === first.snapshot.secrets[0])
    #expect(second.snapshot.secrets[1].generation == 2 && second.snapshot.secrets[1].lines.count == 2)
    try scratch.write("one", "")
    #expect(failure(path, previous: second)?.exitCode == 78)
    #expect(second.snapshot.secrets[0].lines.count == 1)
  }

  @Test func `one secret file can be read anew by itself`() throws {
    try scratch.write("one", "a")
    try scratch.write("two", "b")
    let path = try write(("/a", "one", ""), ("/b", "two", ", signature: github"))
    let first = try Loader.load(configPath: path)
    try scratch.write("one", "c\na")
    let second = try first.rereading(secretFile: 0).loaded
    #expect(second.snapshot.generation == 2 && second.snapshot.secrets[0].lines.count == 2)
    #expect(second.identities[0] == SecretFile.look(scratch.file("one")))
    #expect(try second.rereading(secretFile: 0).loaded.snapshot === second.snapshot)
    try scratch.write("one", "b")
    #expect(throws: LoadFailure.self) { try second.rereading(secretFile: 0) }
    try scratch.write("one", "")
    do { _ = try second.rereading(secretFile: 0) } catch {
      #expect(
        lines(error) == [
          "/v.yaml:2:29 routes[0].secret-file: /one is empty: write the secret into it, on a line of its own"
        ])
    }
  }

  @Test func `ten thousand routes with a secret each are loaded, and a late conflict is found`() throws {
    try scratch.write("one", "a")
    try scratch.write("two", "b")
    let routes = (0..<9_998).map {
      "  - {path: /\($0), secret-file: \(scratch.file("one")), upstreams: http://a}\n"
    }
    let last = "  - {path: /x, secret-file: \(scratch.file("two")), signature: github, upstreams: http://a}\n"
    try scratch.write("v.yaml", "routes:\n" + routes.joined() + last)
    #expect(try Loader.load(configPath: scratch.file("v.yaml")).snapshot.routes.all.count == 9_999)
    try scratch.write("two", "a")
    #expect(lines(failure(scratch.file("v.yaml"))).count == 1)
  }
}
