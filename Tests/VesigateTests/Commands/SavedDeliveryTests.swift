import Configuration
import Gateway
import TestSupport
import Testing

@testable import vesigate

/// Which route judges a saved request.
@Suite struct SavedDeliveryTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private func saved(_ request: String, route: String? = nil) throws -> SavedDelivery {
    try scratch.write("secret", "a-secret-of-some-length\n")
    let config = try scratch.write(
      "v.yaml",
      """
      routes:
        - {path: /a, secret-file: \(scratch.file("secret")), upstreams: http://127.0.0.1:8000/}
        - {path: /b/*, secret-file: \(scratch.file("secret")), upstreams: http://127.0.0.1:8000/}
      """)
    return try SavedDelivery(
      scratch.write("request", request), route: route, in: Loader.load(configPath: config),
      refusal: "no verdict")
  }

  @Test func `it is the one that the path leads to, unless another is named`() throws {
    let request = "POST /b/c?d HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}"
    #expect(try saved(request).route.path.text == "/b/*")
    #expect(try saved(request, route: "/a").route.path.text == "/a")
    #expect(try saved(request).body == Array("{}".utf8) && saved(request).bytesBehind == 0)
  }

  @Test func `what stands behind the request is counted, not read as its body`() throws {
    let saved = try saved("POST /a HTTP/1.1\r\nHost: a\r\n\r\n{}\n")
    #expect(saved.body == [] && saved.bytesBehind == 3)
  }
}
