/// A delivery's body, collected in memory, byte for byte. It belongs to one event loop and is used again.
public final class BodyBuffer {
  private var storage: UnsafeMutableRawPointer?
  public private(set) var count = 0
  private(set) var capacity = 0

  init() {}

  deinit { storage?.deallocate() }

  public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: storage, count: count) }

  /// Makes room for `bytes` in all. Untouched memory costs nothing yet, so a sender who announces much and
  /// sends little occupies little.
  func reserve(_ bytes: Int) {
    guard bytes > capacity else { return }
    let larger = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 16)
    if let storage {
      larger.copyMemory(from: storage, byteCount: count)
      storage.deallocate()
    }
    storage = larger
    capacity = bytes
  }

  func append(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress, bytes.count > 0 else { return }
    if count + bytes.count > capacity { reserve(max(count + bytes.count, 2 * capacity, 4096)) }
    storage!.advanced(by: count).copyMemory(from: source, byteCount: bytes.count)
    count += bytes.count
  }

  /// Room behind what was collected, made already, for at most `bytes` more.
  func room(for bytes: Int) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(
      start: storage?.advanced(by: count), count: min(max(bytes, 0), capacity - count))
  }

  /// So many bytes were put into `room`: they belong to the body now.
  func take(_ bytes: Int) -> UnsafeRawBufferPointer {
    precondition(bytes <= capacity - count, "more body bytes than there was room for")
    defer { count += bytes }
    return UnsafeRawBufferPointer(start: storage?.advanced(by: count), count: bytes)
  }

  func empty() { count = 0 }
}

/// The body buffers that one event loop keeps for later deliveries, bounded in bytes. Memory that is new to
/// the process costs a page fault for every 4 KiB, more than the HMAC over them.
struct BodyBufferPool {
  /// Kept in all while there is much to do.
  static let idleBytesMax = 32 * 1_048_576

  private var idle: [BodyBuffer] = []
  private var idleBytes = 0
  /// So many were idle all the time since the last trimming: the first ones, as the last given back is taken.
  private var unused = 0

  var isEmpty: Bool { idle.isEmpty }

  mutating func take() -> BodyBuffer {
    guard let buffer = idle.popLast() else { return BodyBuffer() }
    idleBytes -= buffer.capacity
    unused = min(unused, idle.count)
    return buffer
  }

  mutating func giveBack(_ buffer: BodyBuffer) {
    buffer.empty()
    guard idleBytes + buffer.capacity <= Self.idleBytesMax else { return }
    idleBytes += buffer.capacity
    idle.append(buffer)
  }

  /// Frees half of what was not used since the last call, so that a burst of large bodies does not stay in
  /// memory. To be called some times a second.
  mutating func trim() {
    for buffer in idle.prefix((unused + 1) / 2) { idleBytes -= buffer.capacity }
    idle.removeFirst((unused + 1) / 2)
    unused = idle.count
  }
}
