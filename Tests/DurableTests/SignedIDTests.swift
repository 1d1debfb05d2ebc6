import Foundation
import Signing
import TestSupport
import Testing

/// Retries of senders that sign an id, as Standard Webhooks has it: each is signed anew, and the id stays.
@Suite(.ownThread) struct SignedIDTests {
  /// `whsec_`, and base64 of "standard webhooks secret".
  private static let secret = "whsec_c3RhbmRhcmQgd2ViaG9va3Mgc2VjcmV0"

  private func request(_ body: String, id: String, secondsAgo: Int = 0) -> SignedRequest {
    let timestamp = String(Int(Date().timeIntervalSince1970) - secondsAgo)
    let signed = Signed(
      layout: .standardWebhooks, key: Array("standard webhooks secret".utf8), id: id, timestamp: timestamp)
    return SignedRequest(body).with {
      $0.ownSignatureLines = signed.fields(over: $0.body).map { "\($0): \($1)" }
    }
  }

  @Test func `the same id signed anew is a repetition, the same id with another body is delivered and told`()
    throws
  {
    let fixture = try DurableFixture(route: "secret-file: {dir}/standard\nsignature: standard-webhooks")
    try fixture.directory.write("standard", Self.secret + "\n")
    let app = try fixture.startApp()
    let gateway = try fixture.startGateway()
    let first = try fixture.send(request("first", id: "msg_1", secondsAgo: 60))
    #expect(first.status == 200 && first.id != nil)
    #expect(try fixture.send(request("first", id: "msg_1")).id == first.id)
    let line = try gateway.waitForLog(containing: "outcome=duplicate")
    #expect(line.contains("delivery=\(first.id ?? "?")"))
    let other = try fixture.send(request("other", id: "msg_1"))
    #expect(other.status == 200 && other.id != nil && other.id != first.id)
    let told = try gateway.waitForLog(containing: "the same key as \(first.id ?? "?"), and another body")
    #expect(told.contains("level=warning") && line.contains("level=info"))
    #expect(told.contains("outcome=stored") && told.contains("delivery=\(other.id ?? "?")"), "\(told)")
    // By another id the same body is another event.
    #expect(try fixture.send(request("first", id: "msg_2")).id != first.id)
    let bodies = try fixture.delivered(3).map { String(decoding: $0.body, as: UTF8.self) }
    #expect(bodies.sorted() == ["first", "first", "other"])
    #expect(app.requests.count == 3)
  }
}
