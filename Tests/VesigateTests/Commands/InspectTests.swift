import Testing

@testable import vesigate

/// Whose process is at the other end of a connection on loopback, by the kernel's list.
@Suite struct LoopbackPeerTests {
  private static let head =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"

  /// The browser's end of 127.0.0.1:40000 to 127.0.0.1:9465, and the relay's own.
  private func table(state: String = "01", user: Int = 1_000, inode: Int = 77) -> [UInt8] {
    let rest = "00000000:00000000 00:00000000 00000000"
    return Array(
      (Self.head + "   0: 0100007F:24F9 00000000:0000 0A \(rest)     0        0 11 1 0 100 0 0 10 0\n"
        + "   1: 0100007F:24F9 0100007F:9C40 01 \(rest)     0        0 12 1 0 20 4 30 10 -1\n"
        + "   2: 0100007F:9C40 0100007F:24F9 \(state) \(rest)  \(user)        0 \(inode) 1 0 20 4 30 10 -1\n"
        + "   3: 0100007F:9C41 0100007F:24F9 01 \(rest)  2000        0 78 1 0 20 4 30 10 -1\n").utf8)
  }

  private func user(port: UInt16 = 40_000, to own: UInt16 = 9_465, in table: [UInt8]) -> UInt32? {
    LoopbackPeer.user(address: LoopbackPeer.loopback, port: port, to: own, in: table)
  }

  @Test func `the other end's line says whose it is, and not one's own`() {
    #expect(user(in: table()) == 1_000)
    #expect(user(port: 40_001, in: table()) == 2_000)
    #expect(user(in: table(user: 0)) == 0)
  }

  @Test func `an end that was closed is listed as root's, and is nobody's`() {
    // TIME_WAIT, and what was closed before all of it was taken.
    for state in ["06", "04", "05", "08"] { #expect(user(in: table(state: state, user: 0, inode: 0)) == nil) }
    #expect(user(in: table(user: 0, inode: 0)) == nil)
  }

  @Test func `who is not listed is nobody`() {
    #expect(user(port: 40_002, in: table()) == nil)
    #expect(user(to: 9_466, in: table()) == nil)
    #expect(user(in: []) == nil && user(in: Array(Self.head.utf8)) == nil)
    #expect(user(in: Array("   2: 0100007F:9C40 0100007F:24F9 01 0\n".utf8)) == nil)
    #expect(LoopbackPeer.user(address: 0, port: 40_000, to: 9_465, in: table()) == nil)
  }
}

@Suite struct InspectTextTests {
  @Test func `the line for ssh can be typed as it stands`() {
    let lines = InspectText.tunnel(socket: "/run/a b/inspector.sock", host: "gateway-1")
    #expect(lines[1] == "  ssh -L 9465:'/run/a b/inspector.sock' gateway-1")
    #expect(lines[2].contains("http://localhost:9465/"))
    let here = InspectText.here(port: 9999, host: "gateway-1")
    #expect(here[0].contains(" http://127.0.0.1:9999/ "))
    #expect(here[1].hasSuffix(": ssh -L 9999:127.0.0.1:9999 gateway-1"))
  }

  @Test func `a link stands alone on its line`() {
    let lines = InspectText.link(address: "ops.example:9465", token: "abc", actions: false)
    #expect(lines[0] == "http://ops.example:9465/login?token=abc")
    #expect(lines[1].contains("once") && lines[1].contains("Nothing can be changed"))
  }
}
