public import Glibc

/// Reading and writing of descriptors as a whole. A call that a signal interrupts is made again.
public enum IO {
  /// Calls `call` until no signal interrupts it.
  ///
  /// - Returns: what it returns; below 0 where it failed, and `errno` says why.
  @discardableResult
  @inlinable @inline(__always)
  public static func retrying<Count: SignedInteger>(_ call: () -> Count) -> Count {
    while true {
      let result = call()
      if result >= 0 || errno != EINTR { return result }
    }
  }

  // MARK: Reading

  /// Reads to the end, or until the buffer is full. The buffer stays where it is, so that wiping it leaves nothing
  /// behind.
  ///
  /// - Returns: how many bytes; nil where the kernel refuses, and `errno` says why.
  public static func fill(_ buffer: inout [UInt8], from descriptor: CInt) -> Int? {
    var count = 0
    while count < buffer.count {
      let got = buffer.withUnsafeMutableBytes { bytes in
        let room = UnsafeMutableRawBufferPointer(rebasing: bytes[count...])
        return retrying { read(descriptor, room.baseAddress, room.count) }
      }
      guard got >= 0 else { return nil }
      guard got > 0 else { break }
      count += got
    }
    return count
  }

  /// Why not all was read.
  public enum Unread: Error, Sendable, Equatable {
    /// There is more than the bound.
    case tooLong
    /// What the kernel said: an `errno`.
    case failed(CInt)
  }

  /// Reads to the end, whatever the descriptor is: its size is not asked for.
  ///
  /// - Parameter bytesMax: a bound, in bytes; what goes beyond it is not kept.
  public static func readToEnd(_ descriptor: CInt, bytesMax: Int) throws(Unread) -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = chunk.withUnsafeMutableBytes { room in
        retrying { read(descriptor, room.baseAddress, room.count) }
      }
      guard count >= 0 else { throw .failed(errno) }
      guard count > 0 else { return bytes }
      bytes += chunk[..<count]
      guard bytes.count <= bytesMax else { throw .tooLong }
    }
  }

  // MARK: Writing

  /// Writes all of it.
  ///
  /// - Parameter waitsWhenFull: whether a pipe or a terminal that takes nothing now, because somebody made it
  ///   non-blocking, is waited for.
  /// - Returns: 0, or the `errno` of the first write that failed; a write of nothing is a full disk (ENOSPC).
  public static func writeAll(
    _ descriptor: CInt, _ bytes: UnsafeRawBufferPointer, waitsWhenFull: Bool = false
  ) -> CInt {
    var rest = bytes
    while !rest.isEmpty {
      let count = retrying { write(descriptor, rest.baseAddress, rest.count) }
      let isFull = count == 0 || (count < 0 && errno == EAGAIN)
      if isFull, waitsWhenFull {
        var room = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        poll(&room, 1, 1000)
        continue
      }
      guard count > 0 else { return count == 0 ? ENOSPC : errno }
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
    return 0
  }

  /// The same of an array's bytes.
  public static func writeAll(_ descriptor: CInt, _ bytes: [UInt8], waitsWhenFull: Bool = false) -> CInt {
    bytes.withUnsafeBytes { writeAll(descriptor, $0, waitsWhenFull: waitsWhenFull) }
  }
}
