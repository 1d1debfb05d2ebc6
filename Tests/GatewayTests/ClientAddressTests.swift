import Formats
import HTTP
import TestSupport
import Testing

@testable import Gateway

@Suite struct ClientAddressTests {
  private let trusted = TrustedProxies(blocks: [
    AddressBlock(text: "10.0.0.0/8")!, AddressBlock(text: "::1")!,
  ])

  private func client(_ peer: String?, _ forwardedFor: [String], unix: Bool = false) -> String {
    var trusted = trusted
    trusted.unix = unix
    let headers = HeaderList(forwardedFor.map { ("X-Forwarded-For", $0) })
    let peer = Peer(address: peer.flatMap { IPAddress(text: $0) })
    return ClientAddress.text(peer: peer, headers: headers, trusted: trusted)
  }

  @Test func `a stranger is who the socket says, whatever he claims`() {
    #expect(client("192.0.2.1", ["198.51.100.1"]) == "192.0.2.1")
    #expect(client("192.0.2.1", []) == "192.0.2.1")
  }

  @Test(
    arguments: [
      (["198.51.100.1"], "198.51.100.1"), (["198.51.100.1, 10.0.0.2"], "198.51.100.1"),
      (["203.0.113.9, 198.51.100.1, 10.0.0.2"], "198.51.100.1"),
      (["198.51.100.1", "10.0.0.2"], "198.51.100.1"),
      (["10.0.0.3, 10.0.0.2"], "10.0.0.3"), ([], "10.0.0.1"), ([""], "10.0.0.1"), (["unknown"], "10.0.0.1"),
      (["198.51.100.1, evil\", 10.0.0.2"], "10.0.0.2"), (["198.51.100.1,"], "10.0.0.1"),
      (["2001:DB8::1,::1"], "2001:db8::1"),
    ] as [([String], String)])
  func `trusted proxies are believed from the right, up to the first stranger`(
    forwardedFor: [String], client expected: String
  ) {
    #expect(client("10.0.0.1", forwardedFor) == expected)
  }

  @Test func `no more proxies in a row are believed than there are`() {
    let front = Array(repeating: "10.0.0.2", count: 15).joined(separator: ", ")
    #expect(client("10.0.0.1", ["198.51.100.1, \(front)"]) == "198.51.100.1")
    #expect(client("10.0.0.1", ["198.51.100.1, 10.0.0.9, \(front)"]) == "10.0.0.9")
    #expect(client("10.0.0.1", ["198.51.100.1, " + String(repeating: " ", count: 600)]) == "10.0.0.1")
  }

  @Test func `a unix socket's peer is believed where that is said`() {
    #expect(client(nil, ["198.51.100.1"]) == "unix:")
    #expect(client(nil, ["198.51.100.1"], unix: true) == "198.51.100.1")
  }

  @Test func `nobody is trusted by default`() {
    let nobody = TrustedProxies()
    #expect(!nobody.contains(Peer(address: IPAddress(text: "127.0.0.1"))))
    #expect(!nobody.contains(Peer(address: nil)))
  }
}
