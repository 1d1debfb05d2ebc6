import Configuration
import Foundation
import TestSupport
import Testing

@testable import vesigate

/// What the files of the packaged socket unit say, in a folder that stands for the machine.
struct SocketUnitTests {
  private let machine: TemporaryDirectory
  private var unit: SocketUnit { SocketUnit(root: machine.path) }

  init() throws { machine = try TemporaryDirectory() }

  private func write(_ path: String, _ text: String) throws {
    let url = URL(fileURLWithPath: machine.path + path)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
  }

  private func enable() throws {
    try write("/etc/systemd/system/vesigate.service.wants/vesigate.socket", "")
  }

  private func install(listening streams: String = "ListenStream=127.0.0.1:8480") throws {
    try write("/lib/systemd/system/vesigate.socket", "[Unit]\nListenStream=1\n[Socket]\n\(streams)\n")
  }

  private func addresses() -> [String] { unit.addresses.map(\.text) }

  @Test func `a unit says where it listens, its drop-ins take that back and say it anew`() throws {
    #expect(addresses() == [])
    try install(listening: "ListenStream=127.0.0.1:8480\n ListenStream = [::1]:8480\nListenStream=@abstract")
    #expect(addresses() == ["127.0.0.1:8480", "[::1]:8480"])
    try write("/run/systemd/system/vesigate.socket.d/10.conf", "[Socket]\nListenStream=/run/app.sock\n")
    #expect(addresses() == ["127.0.0.1:8480", "[::1]:8480", "unix:/run/app.sock"])
    try write(
      "/etc/systemd/system/vesigate.socket.d/20.conf", "[Socket]\nListenStream=\nListenStream=443\n")
    #expect(addresses() == ["*:443"])
    // By name, not by folder; and what has no such ending is none.
    try write("/usr/lib/systemd/system/vesigate.socket.d/30.conf", "[Socket]\nListenStream=127.0.0.1:1\n")
    try write("/etc/systemd/system/vesigate.socket.d/40.txt", "[Socket]\nListenStream=127.0.0.1:2\n")
    #expect(addresses() == ["*:443", "127.0.0.1:1"])
    // Of two of one name the administrator's.
    try write("/etc/systemd/system/vesigate.socket.d/30.conf", "[Socket]\n#ListenStream=\n")
    #expect(addresses() == ["*:443"])
    // And a unit of his own stands for the packaged one.
    try write("/etc/systemd/system/vesigate.socket", "[Socket]\nListenStream=127.0.0.1:3\n")
    try write("/etc/systemd/system/vesigate.socket.d/20.conf", "")
    #expect(addresses() == ["127.0.0.1:3", "unix:/run/app.sock"])
  }

  @Test func `it is enabled by either of its links`() throws {
    #expect(!unit.isEnabled)
    try enable()
    #expect(unit.isEnabled)
    try FileManager.default.removeItem(atPath: machine.path + "/etc/systemd/system/vesigate.service.wants")
    #expect(!unit.isEnabled)
    try write("/etc/systemd/system/sockets.target.wants/vesigate.socket", "")
    #expect(unit.isEnabled)
  }

  struct Pair: Sendable {
    let held: [String]
    let listen: [String]
    var idle: [String] = []
  }

  @Test(arguments: [
    Pair(held: ["127.0.0.1:8480"], listen: ["127.0.0.1:8480"]),
    Pair(held: ["127.0.0.1:8480"], listen: ["127.0.0.1:9000"], idle: ["127.0.0.1:8480"]),
    Pair(held: ["127.0.0.1:8480", "127.0.0.1:9000"], listen: ["127.0.0.1:9000"], idle: ["127.0.0.1:8480"]),
    Pair(held: ["0.0.0.0:80", "[::]:80"], listen: ["*:80"]),
    Pair(held: ["*:80"], listen: ["127.0.0.1:80"], idle: ["*:80"]),
    Pair(held: ["*:80"], listen: ["*:81"], idle: ["*:80"]),
    // Half of every address is not every address, and every address is more than those of IPv6.
    Pair(held: ["0.0.0.0:80"], listen: ["*:80"], idle: ["0.0.0.0:80"]),
    Pair(held: ["[::]:80"], listen: ["*:80"], idle: ["[::]:80"]),
    Pair(held: ["*:80"], listen: ["[::]:80"], idle: ["*:80"]),
    Pair(held: ["0.0.0.0:80", "[::]:81"], listen: ["*:80"], idle: ["0.0.0.0:80", "[::]:81"]),
    Pair(held: ["unix:/run/a"], listen: ["unix:/run/a"]),
    Pair(held: ["unix:/run/a"], listen: ["unix:/run/b"], idle: ["unix:/run/a"]),
    // Whoever takes what there is asks for no address.
    Pair(held: ["127.0.0.1:8480"], listen: ["systemd"]), Pair(held: [], listen: ["127.0.0.1:8480"]),
  ])
  func `a socket that listen does not name is told of, with the lines to write`(pair: Pair) throws {
    let held = try pair.held.map { try #require(ListenAddress(text: $0)) }
    let listen = try pair.listen.map { try #require(ListenAddress(text: $0)) }
    let advice = SocketUnit.advice(held: held, listen: listen)
    guard !pair.idle.isEmpty else {
      #expect(advice == nil)
      return
    }
    #expect(advice?.hasPrefix("vesigate.socket holds \(pair.idle.joined(separator: " ")), which") == true)
    var line = pair.listen[0].replacing("*:", with: "").replacing("unix:", with: "")
    if pair.listen[0].hasPrefix("*") { line += ", BindIPv6Only=both" }
    if pair.listen[0].hasPrefix("[::]") { line += ", BindIPv6Only=ipv6-only" }
    #expect(advice?.contains("[Socket], ListenStream=, ListenStream=\(line), each on a line") == true)
  }

  @Test func `where the kernel has no IPv6 every address of IPv4 is every address`() {
    let (every, ipv4) = (ListenAddress.tcp(host: "*", port: 80), ListenAddress.tcp(host: "0.0.0.0", port: 80))
    #expect(every.served(by: [ipv4], hasIPv6: false) == [ipv4])
    #expect(every.served(by: [ipv4], hasIPv6: true) == [])
  }

  @Test func `a unit says whether its IPv6 sockets take IPv4`() throws {
    try install(listening: "ListenStream=443\nListenStream=[::]:80\nListenStream=[::1]:81\nBindIPv6Only=both")
    #expect(addresses() == ["*:443", "*:80", "[::1]:81"])
    try write("/etc/systemd/system/vesigate.socket.d/10.conf", "[Socket]\nBindIPv6Only=ipv6-only\n")
    #expect(addresses() == ["[::]:443", "[::]:80", "[::1]:81"])
  }

  @Test func `a socket that listen cannot name is told of by the name that systemd gave it`() {
    let advice = SocketUnit.advice(OpenSockets(nameless: ["web"]), listen: [.tcp(host: "*", port: 80)])
    #expect(advice.count == 1 && advice[0].hasSuffix("waits in vain. listen: systemd:web takes it"))
  }
}
