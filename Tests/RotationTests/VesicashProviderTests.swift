import TestSupport
import Testing

@testable import Rotation
@testable import Secrets

private enum Expected: Equatable {
  case rotated(String)
  case refused(ProviderRefusal.Kind)
  case unknown
}

private func judge(_ status: Int, _ body: String, head: String = "") -> (Expected, String) {
  let headBytes = Array("HTTP/1.1 \(status) X\r\n\(head)\r\n".utf8)
  let answer = CurlCall.Answer(status: status, head: headBytes, body: Array(body.utf8))
  switch VesicashProvider().judge(answer) {
  case .rotated(let secret): return (.rotated(text(secret)), "")
  case .refused(let refusal): return (.refused(refusal.kind), refusal.sentence)
  case .unknown(let sentence): return (.unknown, sentence)
  }
}

@Test(
  .ownThread,
  arguments: [
    #"{"status":"success","code":200,"message":"ok","data":{"webhook_secret":"s3cr3t"}}"#,
    #"{"status":"","code":0,"message":"","data":{"webhook_secret":"s3cr3t"}}"#,
    #"{"success":true,"data":{"webhook_secret":"s3\u0063r3t","more":[1,2]}}"#,
    #"{"data":{"webhook_secret":"s3cr3t"}}"#,
  ])
func `a 2xx with a secret is the new secret`(body: String) {
  #expect(judge(200, body).0 == .rotated("s3cr3t"))
  #expect(judge(201, body).0 == .rotated("s3cr3t"))
}

@Test(
  .ownThread,
  arguments: [
    "", "<html><body>ok</body></html>", "ok", "[]", "{}", #""s3cr3t""#, #"{"data":null}"#, #"{"data":{}}"#,
    #"{"data":{"webhook_secret":""}}"#, #"{"data":{"webhook_secret":"   "}}"#,
    #"{"data":{"webhook_secret":12}}"#,
    #"{"data":{"webhook_secret":null}}"#, #"{"data":{"webhook_secret":["x"]}}"#,
    #"{"data":{"webhook_secret":"a\nb"}}"#, #"{"data":{"webhook_secret":"a\u0000b"}}"#,
    #"{"data":{"webhook_secret":"\ufeffabc"}}"#, #"{"webhook_secret":"s3cr3t"}"#,
    #"{"data":{"webhook_secret":"a","webhook_secret":"b"}}"#, #"{"data":{"webhook_secret":"s3cr3t"}"#,
    #"{"success":false,"error":"unauthorized","message":"...","code":401}"#,
    #"{"success":false,"data":{"webhook_secret":"s3cr3t"}}"#,
    #"{"status":"error","code":400,"message":"...","data":null}"#,
    #"{"status":"Error","data":{"webhook_secret":"s3cr3t"}}"#,
    #"{"code":500,"data":{"webhook_secret":"s3cr3t"}}"#,
    #"{"success":false,"code":400,"error":{"type":"VALIDATION_ERROR","title":"..."}}"#,
  ])
func `a 2xx without a usable secret leaves the outcome unknown, and shows nothing of the body`(body: String) {
  let (meaning, sentence) = judge(200, body)
  #expect(meaning == .unknown)
  #expect(!sentence.contains("s3cr3t"))
}

@Test(.ownThread) func `a secret of the longest length is taken, a longer one is not`() {
  let longest = String(repeating: "x", count: SecretFile.secretBytesMax)
  #expect(judge(200, #"{"data":{"webhook_secret":"\#(longest)"}}"#).0 == .rotated(longest))
  #expect(judge(200, #"{"data":{"webhook_secret":"\#(longest)x"}}"#).0 == .unknown)
}

@Test(
  .ownThread,
  arguments: [
    (400, ProviderRefusal.Kind.rejected), (401, .unauthorized), (403, .unauthorized), (404, .rejected),
    (405, .rejected),
    (413, .rejected), (422, .rejected), (429, .tooMany), (307, .rejected), (308, .rejected),
  ])
func `a refusal says that surely nothing has changed`(status: Int, kind: ProviderRefusal.Kind) {
  #expect(judge(status, "").0 == .refused(kind))
  #expect(judge(status, #"{"data":{"webhook_secret":"s3cr3t"}}"#).0 == .refused(kind))
}

@Test(
  .ownThread,
  arguments: [100, 301, 302, 303, 304, 408, 409, 418, 425, 499, 500, 501, 502, 503, 504, 520, 599, 0])
func `any other status leaves the outcome unknown`(status: Int) {
  #expect(judge(status, "").0 == .unknown)
}

@Test(
  .ownThread,
  arguments: [
    (#"{"success":false,"error":"unauthorized","message":"Key is gone","code":401}"#, "Key is gone"),
    (#"{"success":false,"error":"unauthorized"}"#, "unauthorized"),
    (#"{"success":false,"code":400,"error":{"type":"VALIDATION_ERROR","title":"No body"}}"#, "No body"),
  ])
func `the API's own words are shown, whatever its envelope`(body: String, words: String) {
  #expect(judge(401, body).1 == "did not accept the API key (401: \(words))")
}

@Test(.ownThread) func `words of the API cannot reach the terminal as control characters, and are bounded`() {
  let sentence = judge(400, #"{"message":"a\u001b[2Jb\#(String(repeating: "x", count: 5_000))"}"#).1
  #expect(sentence.unicodeScalars.allSatisfy { $0.value >= 0x20 })
  #expect(sentence.utf8.count < 300)
}

@Test(.ownThread) func `how long the API asks to wait is shown`() {
  #expect(judge(429, "", head: "Retry-After: 17\r\n").1.hasSuffix("(Retry-After: 17)"))
  #expect(judge(503, "", head: "retry-after: 5\r\n").1.hasSuffix("(Retry-After: 5)"))
}

@Test(.ownThread) func `the key goes out in its header, and the public one where there is one`() {
  let provider = VesicashProvider()
  let lines = { (keys: ProviderKeys) in
    provider.privateHeaders(keys).map { String(decoding: $0, as: UTF8.self) }
  }
  #expect(lines(ProviderKeys(secretKey: secret("sk"))) == ["secret-key: sk"])
  #expect(
    lines(ProviderKeys(secretKey: secret("sk"), publicKey: secret("pk")))
      == ["secret-key: sk", "public-key: pk"])
}
