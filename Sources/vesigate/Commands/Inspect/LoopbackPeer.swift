internal import Glibc
internal import POSIX

/// Whose process is at the other end of a TCP connection within this machine, as the kernel lists it (proc(5),
/// /proc/net/tcp).
enum LoopbackPeer {
  /// 127.0.0.1 in network order.
  static let loopback = UInt32(0x7F00_0001).bigEndian
  /// Of some hundred thousand connections.
  static let tableBytesMax = 64 << 20

  /// Empty where it cannot be read: nobody is known then.
  static func table() -> [UInt8] {
    let descriptor = open("/proc/net/tcp", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    return (try? IO.readToEnd(descriptor, bytesMax: tableBytesMax)) ?? []
  }

  /// - Parameters:
  ///   - address: of the other end, in network order, and its `port`.
  ///   - own: the port of 127.0.0.1 that it has connected to.
  /// - Returns: nil for a connection that nobody holds any more. One that was closed stays listed for a while as user
  ///   0's: only an established one with an inode counts.
  static func user(address: UInt32, port: UInt16, to own: UInt16, in table: [UInt8]) -> UInt32? {
    let theirs = hex(address, 8) + ":" + hex(UInt32(port), 4)
    let ours = hex(loopback, 8) + ":" + hex(UInt32(own), 4)
    for line in table.split(separator: UInt8(ascii: "\n")) {
      let words = line.split(separator: UInt8(ascii: " "), maxSplits: 10)
      guard words.count > 9, words[1].elementsEqual(theirs.utf8), words[2].elementsEqual(ours.utf8) else {
        continue
      }
      guard words[3].elementsEqual("01".utf8), !words[9].elementsEqual("0".utf8) else { return nil }
      return UInt32(String(decoding: words[7], as: UTF8.self))
    }
    return nil
  }

  private static func hex(_ value: UInt32, _ digits: Int) -> String {
    let text = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }
}
