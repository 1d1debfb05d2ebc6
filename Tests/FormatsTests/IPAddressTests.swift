import Formats
import Testing

@Suite struct IPAddressTests {
  @Test(arguments: [
    ("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"), ("::", "::"),
    ("::1", "::1"), ("1::", "1::"), ("2001:DB8::1", "2001:db8::1"), ("2001:0db8:0000::0001", "2001:db8::1"),
    ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"), ("1:0:0:4:0:0:0:8", "1:0:0:4::8"),
    ("1:0:0:4:5:0:0:8", "1::4:5:0:0:8"),
    ("1:0:3:4:5:6:7:8", "1:0:3:4:5:6:7:8"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
    ("0:0:0:0:0:0:0:1", "::1"),
    ("::ffff:192.0.2.1", "192.0.2.1"), ("::FFFF:c000:201", "192.0.2.1"),
    ("64:ff9b::192.0.2.1", "64:ff9b::c000:201"),
    ("1:2:3:4:5:6:192.0.2.1", "1:2:3:4:5:6:c000:201"), ("fe80::1:0:0", "fe80::1:0:0"),
  ])
  func `an address is read, and written as RFC 5952 has it`(text: String, written: String) throws {
    let address = try #require(IPAddress(text: text))
    #expect(address.text == written)
    #expect(IPAddress(text: written) == address)
    #expect(address.isIPv6 == written.contains(":"))
  }

  @Test(arguments: [
    "", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.04", "01.2.3.4", "1.2.3.-4", "1.2.3.+4", "1.2.3.",
    ".1.2.3",
    "1.2.3.4 ", " 1.2.3.4", "1.2.3.4:80", "0x7f.0.0.1", "2130706433", "１.2.3.4", ":", ":::", "1:::2",
    "1::2::3",
    "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "12345::", "g::", "[::1]",
    "::1%eth0",
    ":1", "1:", "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3.4:5", "1.2.3.4::1", "1.2.3.4::", "::1.2.3", "::+1",
    "unknown",
  ])
  func `anything else is no address`(text: String) {
    #expect(IPAddress(text: text) == nil)
  }

  @Test func `four or sixteen bytes make an address, a mapped one is IPv4`() {
    #expect(IPAddress(bytes: [192, 0, 2, 1])?.text == "192.0.2.1")
    #expect(IPAddress(bytes: [UInt8](repeating: 0, count: 16))?.text == "::")
    let mapped = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF, 10, 0, 0, 1]
    #expect(IPAddress(bytes: mapped) == IPAddress(text: "10.0.0.1"))
    for count in [0, 3, 5, 15, 17] { #expect(IPAddress(bytes: [UInt8](repeating: 1, count: count)) == nil) }
  }
}

@Suite struct AddressBlockTests {
  @Test(arguments: [
    ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false), ("10.1.2.3/8", "10.9.9.9", true),
    ("192.0.2.0/25", "192.0.2.127", true), ("192.0.2.0/25", "192.0.2.128", false),
    ("192.0.2.7", "192.0.2.7", true),
    ("192.0.2.7", "192.0.2.6", false), ("192.0.2.7/32", "192.0.2.7", true), ("0.0.0.0/0", "8.8.8.8", true),
    ("0.0.0.0/0", "::1", false), ("::/0", "8.8.8.8", false), ("::/0", "2001:db8::1", true),
    ("2001:db8::/33", "2001:db8:7fff::", true), ("2001:db8::/33", "2001:db8:8000::", false),
    ("::1", "::1", true),
    ("10.0.0.0/8", "::ffff:10.0.0.1", true), ("128.0.0.0/1", "200.0.0.1", true),
    ("128.0.0.0/1", "127.0.0.1", false),
  ])
  func `a block holds the addresses with its first bits`(block: String, address: String, isInside: Bool)
    throws
  {
    let block = try #require(AddressBlock(text: block))
    #expect(block.contains(try #require(IPAddress(text: address))) == isInside)
  }

  @Test(arguments: [
    "", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8/8", "10.0.0.0/ 8",
    "10.0.0/8",
    "::/129", "::/0128", "10.0.0.0/255.0.0.0", "localhost", "10.0.0.0/８",
  ])
  func `anything else is no block`(text: String) {
    #expect(AddressBlock(text: text) == nil)
  }
}
