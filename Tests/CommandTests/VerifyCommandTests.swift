import Foundation
import TestSupport
import Testing

@Suite(.ownThread) struct VerifyCommandTests {
  let fixture: CommandFixture
  let config: String
  static let signedAt = 1_781_519_012
  static let body = PresetCase.publishedBody
  static let signature = "9ed70a4b453cac983bcbc41b8336750ea981223ee3ac99fb56cf07ddfac37452"

  init() throws {
    fixture = try CommandFixture()
    config = try fixture.writeConfiguration(secret: "another-secret\ntest_webhook_secret")
  }

  /// The published vector as it went over the wire.
  static func request(
    path: String = "/webhooks/vesicash", timestamp: String? = "\(signedAt)", signature: String? = signature,
    body: String = body, more: String = ""
  ) -> String {
    var text = "POST \(path) HTTP/1.1\r\nHost: hooks.example\r\nContent-Length: \(body.utf8.count)\r\n"
    if let timestamp { text += "mor-timestamp: \(timestamp)\r\n" }
    if let signature { text += "mor-signature: \(signature)\r\n" }
    return text + more + "\r\n" + body
  }

  func verify(_ request: String, at: Int? = signedAt, _ more: [String] = []) throws -> Finished {
    let file = try fixture.write("request", request)
    let time = at.map { ["--at", "\($0)"] } ?? []
    return try fixture.vesigate(["verify", "--config", config] + time + more + [file])
  }

  @Test func `a saved request verifies at the time it arrived`() throws {
    let judged = try verify(Self.request(), at: Self.signedAt + 2)
    #expect(judged.status == 0)
    #expect(judged.text.hasPrefix("verified by secret 1 ("))
    #expect(judged.text.hasSuffix(") of route /webhooks/vesicash, signed 2 s before\n"))
  }

  @Test func `a request on standard input is judged as well`() throws {
    let judged = try fixture.vesigate(
      ["verify", "--config", config, "--at", "\(Self.signedAt)"], input: Array(Self.request().utf8))
    #expect(judged.status == 0)
  }

  @Test func `a request that is too old by now is said to be right but stale`() throws {
    let judged = try verify(Self.request(), at: Self.signedAt + 301)
    #expect(judged.status == 1)
    #expect(judged.text.contains("the signature is right, but it was made 301 s before the arrival"))
  }

  static let refusals: [(request: String, reason: String)] = [
    (request(body: body + " "), "no secret of the file gives this signature"),
    (request(signature: nil), "there is no mor-signature header"),
    (request(signature: "nonsense"), "the mor-signature header is not hex of a sha256 HMAC"),
    (request(more: "Mor-Signature: \(signature)\r\n"), "there is more than one mor-signature header"),
    (request(timestamp: nil), "the timestamp is missing"),
    (request(timestamp: "1781519012.0"), "the timestamp is not of the layout's grammar"),
    (request(more: "mor-timestamp: 1781519012\r\n"), "there is more than one timestamp"),
    (request(path: "/elsewhere"), "404, no route leads to /elsewhere"),
    (request(more: "Transfer-Encoding: chunked\r\n"), "not verified: 400"),
    (String(request().dropLast(1)), "the file ends before the request does"),
    ("POST /webhooks/vesicash HTTP/1.1\r\nHost: x\r\n", "the file ends before the request does"),
    ("", "the file ends before the request does"),
    ("nonsense\r\n\r\n", "not verified: 400"),
    ("PUT" + request().dropFirst(4), "405, route /webhooks/vesicash takes POST"),
    (request(body: String(repeating: "x", count: 1_048_577)), "413, the body is over 1048576 bytes"),
  ]

  @Test(arguments: refusals.indices)
  func `what does not verify is told with its reason`(_ index: Int) throws {
    let (request, reason) = Self.refusals[index]
    let judged = try verify(request)
    #expect(judged.status == 1)
    #expect(judged.text.contains(reason), "\(judged.text)")
    #expect(!judged.text.contains("secret_"), "no secret is shown")
  }

  /// As `vesigate sign` and a text editor make one.
  @Test func `a body that no Content-Length announces is told of`() throws {
    let length = "Content-Length: \(Self.body.utf8.count)\r\n"
    let judged = try verify(Self.request().replacingOccurrences(of: length, with: ""))
    #expect(judged.status == 1)
    let hint =
      "\(Self.body.utf8.count) bytes behind the request were not read as its body: has it a Content-Length?"
    #expect(judged.text.contains(hint), "\(judged.text)")
    #expect(try !verify(Self.request(timestamp: nil)).text.contains("behind the request"))
  }

  @Test func `a route can be named for a request that came to another path`() throws {
    let judged = try verify(Self.request(path: "/elsewhere"), ["--route", "/webhooks/vesicash"])
    #expect(judged.status == 0)
  }

  @Test func `a route that does not exist is a mistake of usage`() throws {
    let judged = try verify(Self.request(), ["--route", "/none"])
    #expect(judged.status == 64)
    #expect(judged.errors.contains("there is no route /none; there is /webhooks/vesicash"))
  }

  @Test func `a file that is missing is named`() throws {
    let judged = try fixture.vesigate(["verify", "--config", config, fixture.path("nowhere")])
    #expect(judged.status == 66)
    #expect(judged.errors.contains("\(fixture.path("nowhere")): No such file or directory"))
  }
}
