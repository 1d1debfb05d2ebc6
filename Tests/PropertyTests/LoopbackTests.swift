import CCurl
import Foundation
import TestSupport
import Testing

@testable import Forwarding

@Suite(.ownThread) struct LoopbackTests {
  /// As libcurl hands it to who opens a socket: the address goes beyond the end of the structure.
  private func holds(_ text: String) throws -> Bool {
    var memory = [UInt8](repeating: 0, count: 256)
    return try memory.withUnsafeMutableBytes { memory in
      let address = memory.baseAddress!.bindMemory(to: curl_sockaddr.self, capacity: 1)
      let start = memory.baseAddress! + (MemoryLayout<curl_sockaddr>.offset(of: \.addr) ?? 0)
      let isIPv6 = text.contains(":")
      address.pointee.family = isIPv6 ? AF_INET6 : AF_INET
      if isIPv6 {
        var name = sockaddr_in6()
        try #require(inet_pton(AF_INET6, text, &name.sin6_addr) == 1)
        start.storeBytes(of: name, as: sockaddr_in6.self)
        address.pointee.addrlen = UInt32(MemoryLayout<sockaddr_in6>.size)
      } else {
        var name = sockaddr_in()
        try #require(inet_pton(AF_INET, text, &name.sin_addr) == 1)
        start.storeBytes(of: name, as: sockaddr_in.self)
        address.pointee.addrlen = UInt32(MemoryLayout<sockaddr_in>.size)
      }
      return Loopback.holds(address)
    }
  }

  @Test(arguments: ["127.0.0.1", "127.0.0.0", "127.255.255.255", "::1"])
  func `the machine itself is known by its addresses`(text: String) throws { #expect(try holds(text)) }

  @Test(arguments: [
    "0.0.0.0", "126.255.255.255", "128.0.0.1", "10.0.0.127", "::", "::2", "2001:db8::1",
  ])
  func `any other address is another machine's`(text: String) throws { #expect(try !holds(text)) }

  @Test func `a socket to the machine itself has the simplest congestion control`() throws {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    Loopback.leaveUncontrolled(descriptor)
    var name = [UInt8](repeating: 0, count: 16)
    var count = socklen_t(name.count)
    try #require(getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_CONGESTION, &name, &count) == 0)
    #expect(name.starts(with: Array("reno".utf8)))
  }
}
