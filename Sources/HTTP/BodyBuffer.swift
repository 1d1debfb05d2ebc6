/// A delivery's body, collected in memory, byte for byte. It belongs to one event loop and is used again.
public final class BodyBuffer {
  private var storage: UnsafeMutableRawPointer?
  public private(set) var count = 0
  private(set) var capacity = 0
  /// How many bytes the body will have, as far as its sender says.
  private var expected = 0

  public init() {}

  deinit { storage?.deallocate() }

  public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: storage, count: count) }

  /// What is made ready before a byte has come. Announcing is free, and no bound counts it: under a limit on
  /// address space lengths alone would end the process.
  static let aheadBytesMax = 65_536

  /// Notes how long the body will be. More room than `aheadBytesMax` is made as its bytes come.
  public func expect(_ bytes: Int) {
    expected = bytes
    reserve(min(bytes, Self.aheadBytesMax))
  }

  /// Makes room for `bytes` in all.
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

  public func append(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress, bytes.count > 0 else { return }
    if count + bytes.count > capacity { reserve(max(count + bytes.count, 2 * capacity, 4096)) }
    storage!.advanced(by: count).copyMemory(from: source, byteCount: bytes.count)
    count += bytes.count
  }

  /// Room behind what was collected for at most `bytes` more of what is expected. It doubles with what has come.
  public func room(for bytes: Int) -> UnsafeMutableRawBufferPointer {
    if count == capacity, capacity < expected {
      reserve(min(expected, max(2 * capacity, Self.aheadBytesMax)))
    }
    return UnsafeMutableRawBufferPointer(
      start: storage?.advanced(by: count), count: min(max(bytes, 0), capacity - count))
  }

  /// So many bytes were put into `room`: they belong to the body now.
  public func take(_ bytes: Int) -> UnsafeRawBufferPointer {
    precondition(bytes <= capacity - count, "more body bytes than there was room for")
    defer { count += bytes }
    return UnsafeRawBufferPointer(start: storage?.advanced(by: count), count: bytes)
  }

  func empty() {
    count = 0
    expected = 0
  }
}

/// The body buffers that one event loop keeps for later deliveries, bounded in bytes. Memory that is new to
/// the process costs a page fault for every 4 KiB, more than the HMAC over them.
public struct BodyBufferPool {
  /// Kept in all while there is much to do.
  static let idleBytesMax = 32 * 1_048_576

  private var idle: [BodyBuffer] = []
  private var idleBytes = 0
  /// So many were idle all the time since the last trimming: the first ones, as the last given back is taken.
  private var unused = 0

  public init() {}

  public var isEmpty: Bool { idle.isEmpty }

  public mutating func take() -> BodyBuffer {
    guard let buffer = idle.popLast() else { return BodyBuffer() }
    idleBytes -= buffer.capacity
    unused = min(unused, idle.count)
    return buffer
  }

  public mutating func giveBack(_ buffer: BodyBuffer) {
    buffer.empty()
    guard idleBytes + buffer.capacity <= Self.idleBytesMax else { return }
    idleBytes += buffer.capacity
    idle.append(buffer)
  }

  /// Frees half of what was not used since the last call, so that a burst of large bodies does not stay in
  /// memory. To be called some times a second.
  public mutating func trim() {
    for buffer in idle.prefix((unused + 1) / 2) { idleBytes -= buffer.capacity }
    idle.removeFirst((unused + 1) / 2)
    unused = idle.count
  }
}
