import Glibc
import POSIX
import TestSupport
import Testing

@Suite(.ownThread) struct UnixAddressTests {
  private func bytes(_ address: UnixAddress) -> [UInt8] {
    address.withSocketAddress { pointer, length in
      Array(UnsafeRawBufferPointer(start: pointer, count: Int(length)))
    }
  }

  @Test func `a path stands in it with its closing NUL`() throws {
    let all = bytes(try #require(UnixAddress(path: "/run/a")))
    #expect(all.count == MemoryLayout<sockaddr_un>.size)
    #expect(all[..<2].elementsEqual(withUnsafeBytes(of: sa_family_t(AF_UNIX)) { Array($0) }))
    #expect(all[2..<9].elementsEqual("/run/a\0".utf8))
  }

  @Test func `the longest path has 107 bytes`() {
    #expect(UnixAddress(path: "/" + String(repeating: "a", count: 106)) != nil)
    #expect(UnixAddress(path: "/" + String(repeating: "a", count: 107)) == nil)
    #expect(UnixAddress(pathOrAbstractName: [UInt8](repeating: 0x2F, count: 107)) != nil)
    #expect(UnixAddress(pathOrAbstractName: [UInt8](repeating: 0x2F, count: 108)) == nil)
    #expect(UnixAddress(pathOrAbstractName: []) == nil)
  }

  @Test func `an abstract name begins with a NUL and ends with its last byte`() throws {
    let address = try #require(UnixAddress(pathOrAbstractName: Array("@vesigate".utf8)))
    #expect(bytes(address)[2...].elementsEqual("\0vesigate".utf8))
  }

  @Test func `who listens at an address is reached by it`() throws {
    let name = UnixAddress(pathOrAbstractName: Array("@vesigate-test-\(getpid())".utf8))
    let address = try #require(name)
    let type = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    let (listener, caller) = (socket(AF_UNIX, type, 0), socket(AF_UNIX, type, 0))
    defer {
      close(listener)
      close(caller)
    }
    #expect(address.withSocketAddress { bind(listener, $0, $1) } == 0)
    #expect(listen(listener, 1) == 0)
    #expect(address.withSocketAddress { connect(caller, $0, $1) } == 0)
  }
}
