import Signing
import Testing

@testable import Gateway

@Suite struct SecretConflictTests {
  private func set(_ path: String, _ lines: [String], keys: [String]? = nil) -> SecretSet {
    SecretSet(
      path: path, lines: lines.map { Secret(Array($0.utf8)) },
      keys: (keys ?? lines).map { Secret(Array($0.utf8)) })
  }

  private func route(_ path: String, _ layout: SignatureLayout, secrets: Int) throws -> Route {
    Route(
      path: try #require(PathPattern(path)), layout: layout, secretFileIndex: secrets,
      upstreams: [Upstream(name: "u", host: "h", port: 1)])
  }

  @Test func `one secret in two files under two layouts is found by its bytes`() throws {
    let routes = [try route("/a", .vesicash, secrets: 0), try route("/b", .github, secrets: 1)]
    let secrets = [set("/1", ["one", "shared"]), set("/2", ["shared", "two"])]
    let fingerprint = Secret(Array("shared".utf8)).fingerprint
    #expect(
      SecretConflict.all(routes: routes, secrets: secrets)
        == [SecretConflict(fingerprint: fingerprint, routeIndexes: (0, 1))])
  }

  @Test func `lines that differ and decode to one key conflict too`() throws {
    let routes = [try route("/a", .svix, secrets: 0), try route("/b", .github, secrets: 1)]
    let secrets = [set("/1", ["whsec_a2V5"], keys: ["key"]), set("/2", ["key"])]
    #expect(SecretConflict.all(routes: routes, secrets: secrets).count == 1)
  }

  @Test func `one file under two layouts conflicts`() throws {
    let routes = [try route("/a", .vesicash, secrets: 0), try route("/b", .slack, secrets: 0)]
    #expect(SecretConflict.all(routes: routes, secrets: [set("/1", ["s"])]).count == 1)
  }

  @Test func `every pair of three is named`() throws {
    let layouts: [SignatureLayout] = [.vesicash, .github, .paystack]
    let routes = try layouts.enumerated().map { try route("/\($0.offset)", $0.element, secrets: 0) }
    let found = SecretConflict.all(routes: routes, secrets: [set("/1", ["s"])])
    #expect(found.map { [$0.routeIndexes.0, $0.routeIndexes.1] } == [[0, 1], [0, 2], [1, 2]])
  }

  @Test func `the tolerance alone is no conflict, nor are two secrets`() throws {
    var patient = SignatureLayout.vesicash
    patient.tolerance = .seconds(86_400)
    let same = [try route("/a", .vesicash, secrets: 0), try route("/b", patient, secrets: 1)]
    #expect(SecretConflict.all(routes: same, secrets: [set("/1", ["s"]), set("/2", ["s"])]) == [])
    let apart = [try route("/a", .vesicash, secrets: 0), try route("/b", .github, secrets: 1)]
    #expect(SecretConflict.all(routes: apart, secrets: [set("/1", ["s"]), set("/2", ["t"])]) == [])
  }
}
