import Foundation
import Testing

@testable import Operations

/// Who comes in over TCP, by arithmetic: the clock is an argument.
@Suite struct InspectorLoginTests {
  private let login = InspectorLogin()

  @Test func `a link works once`() throws {
    let link = login.makeLink(at: 0)
    #expect(login.isLink(link, at: 1))
    // Looking does not spend it.
    #expect(login.isLink(link, at: 1))
    let session = try #require(login.begin(link: link, at: 2))
    #expect(login.isSession(session, at: 2))
    #expect(!login.isLink(link, at: 2) && login.begin(link: link, at: 2) == nil)
  }

  @Test func `a link is over after 15 minutes, a session after an hour`() throws {
    let link = login.makeLink(at: 100)
    #expect(login.isLink(link, at: 999) && !login.isLink(link, at: 1_000))
    #expect(login.begin(link: link, at: 1_000) == nil)
    let session = try #require(login.begin(link: login.makeLink(at: 100), at: 999))
    #expect(login.isSession(session, at: 4_598) && !login.isSession(session, at: 4_599))
  }

  @Test func `a link is no session, a session no link, and neither is what nobody made`() throws {
    let link = login.makeLink(at: 0)
    #expect(!login.isSession(link, at: 0))
    let session = try #require(login.begin(link: link, at: 0))
    #expect(!login.isLink(session, at: 0) && login.begin(link: session, at: 0) == nil)
    for text in ["", "0", String(repeating: "0", count: 32), session.dropLast() + "g", session + "0"].map({
      "\($0)"
    }) {
      #expect(!login.isSession(text, at: 0) && !login.isLink(text, at: 0))
    }
  }

  @Test func `one digit that is wrong, wherever it stands, is wrong`() throws {
    let session = try #require(login.begin(link: login.makeLink(at: 0), at: 0))
    for index in session.indices {
      let wrong = session[index] == "0" ? "1" : "0"
      let other = session.replacingCharacters(in: index...index, with: wrong)
      #expect(!login.isSession(other, at: 0))
    }
    #expect(login.isSession(session, at: 0))
  }

  @Test func `of too many links and sessions the oldest gives way`() throws {
    let links = (0...InspectorLogin.linksMax).map { _ in login.makeLink(at: 0) }
    #expect(!login.isLink(links[0], at: 0) && links.dropFirst().allSatisfy { login.isLink($0, at: 0) })
    let sessions = try (0...InspectorLogin.sessionsMax).map { _ in
      try #require(login.begin(link: login.makeLink(at: 0), at: 0))
    }
    #expect(!login.isSession(sessions[0], at: 0))
    #expect(sessions.dropFirst().allSatisfy { login.isSession($0, at: 0) })
  }

  @Test func `no two tokens are alike, and each has 128 bits`() {
    let tokens = (0..<1_000).map { _ in InspectorToken().text }
    #expect(Set(tokens).count == 1_000)
    #expect(tokens.allSatisfy { $0.utf8.count == 32 })
    // Each bit of them is either now and then.
    for digit in 0..<32 { #expect(Set(tokens.map { Array($0.utf8)[digit] }).count == 16) }
  }

  @Test func `a cookie is for an hour, for this site alone, and for no script`() {
    #expect(
      InspectorCookie.setting("a", isSecure: false)
        == "vesigate-inspector=a; HttpOnly; SameSite=Strict; Path=/; Max-Age=3600")
  }

  @Test func `of cookies only those of our name count, wherever they stand, and eight at most`() {
    #expect(InspectorCookie.values(of: []) == [])
    #expect(
      InspectorCookie.values(of: ["a=b; vesigate-inspector=1;vesigate-inspector=2", "xvesigate-inspector=3"])
        == ["1", "2"])
    #expect(InspectorCookie.values(of: ["vesigate-inspector-x=1; Vesigate-Inspector=2"]) == [])
    let many = (0..<100).map { "vesigate-inspector=\($0)" }.joined(separator: "; ")
    #expect(InspectorCookie.values(of: [many]).count == 8)
  }
}
