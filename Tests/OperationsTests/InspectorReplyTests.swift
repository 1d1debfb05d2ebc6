import Testing

@testable import Operations

@Suite struct InspectorReplyTests {
  private static let replies: [InspectorReply] = [
    .page(HTML("a")), InspectorReply(content: .style("a")), InspectorReply(content: .text("a")),
    InspectorReply(content: .download([1], name: "a")), .goOn(to: PageAddress()), LoginPages.noSession,
    LoginPages.linkIsOver, LoginPages.button("a"),
  ]

  private func value(_ name: String, of reply: InspectorReply, isLasting: Bool = false) -> String? {
    let values = reply.bytes(isLasting: isLasting).fields.filter { $0.name == name }
    #expect(values.count <= 1)
    return values.first?.value
  }

  @Test func `every answer forbids scripts, frames, sniffing and keeping`() {
    for reply in Self.replies {
      #expect(
        value("Content-Security-Policy", of: reply)
          == "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
      )
      #expect(value("X-Content-Type-Options", of: reply) == "nosniff")
      #expect(value("X-Frame-Options", of: reply) == "DENY")
      #expect(value("Referrer-Policy", of: reply) == "same-origin")
      #expect(value("Cross-Origin-Opener-Policy", of: reply) == "same-origin")
      #expect(value("Cross-Origin-Resource-Policy", of: reply) == "same-origin")
      #expect(value("Cache-Control", of: reply) == "no-store")
    }
  }

  @Test func `only what has its version in its address is kept`() {
    #expect(
      value("Cache-Control", of: InspectorReply(content: .style("a")), isLasting: true)?.contains("immutable")
        == true)
  }

  @Test func `a download is saved and never shown, under a name that is one`() {
    let reply = InspectorReply(content: .download([1, 2], name: "a\"b\r\nX: y/../ü.json"))
    #expect(value("Content-Type", of: reply) == "application/octet-stream")
    #expect(
      value("Content-Disposition", of: reply) == "attachment; filename=\"a-b--X--y-..---.json\"")
    let long = InspectorReply(content: .download([], name: String(repeating: "a", count: 1_000)))
    #expect(
      value("Content-Disposition", of: long)?.utf8.count == 128 + "attachment; filename=\"\"".utf8.count)
  }

  @Test func `a way on is 303 and has no body`() {
    let bytes = InspectorReply.goOn(to: PageAddress("stored", query: [("route", "/a")])).bytes()
    #expect(bytes.status == 303 && bytes.body.isEmpty)
    #expect(bytes.fields.contains { $0.name == "Location" && $0.value == "/stored?route=%2Fa" })
  }

  @Test func `the length is that of the body`() {
    for reply in Self.replies {
      #expect(value("Content-Length", of: reply) == "\(reply.bytes().body.count)")
    }
  }
}
