/// A request as it goes out: its head, and a short body behind it, in memory that is used again.
///
/// Names, values and the target were validated when they were read: no CR, LF or NUL can be in them.
public final class RequestWriter {
  /// More than this is given back when it is not needed any more.
  static let keptBytesMax = 65_536
  private static let bytesMin = 4_096

  private var memory: UnsafeMutableRawPointer = .allocate(byteCount: bytesMin, alignment: 8)
  private var capacity = bytesMin
  private var count = 0

  public init() {}

  deinit { memory.deallocate() }

  /// What was written, valid until the next call of `write` or `empty`.
  public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: memory, count: count) }

  /// Forgets what was written.
  public func empty() {
    count = 0
    guard capacity > Self.keptBytesMax else { return }
    resize(Self.bytesMin)
  }

  /// Writes a head, in the place of what was written before.
  ///
  /// - Parameters:
  ///   - host: the `Host` to say first; nil where it is among the fields.
  ///   - length: the body's; nil where no body is announced.
  ///   - body: what goes out behind the head in the same piece.
  public func write(
    method: String, target: [UInt8], host: [UInt8]?, headers: HeaderList, length: Int?,
    body: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0)
  ) {
    makeRoom(
      method.utf8.count + target.count + (host?.count ?? 0) + headers.wireBytes + body.count + 96)
    var cursor = ByteCursor(UnsafeMutableRawBufferPointer(start: memory, count: capacity))
    cursor.put(text: method)
    cursor.put(" ")
    target.withUnsafeBytes { cursor.put($0) }
    cursor.put(" HTTP/1.1\r\n")
    if let host {
      cursor.put("Host: ")
      host.withUnsafeBytes { cursor.put($0) }
      cursor.put("\r\n")
    }
    headers.withLines { cursor.put($0) }
    if let length {
      cursor.put("Content-Length: ")
      cursor.put(decimal: length)
      cursor.put("\r\n")
    }
    cursor.put("\r\n")
    cursor.put(body)
    count = cursor.count
  }

  private func makeRoom(_ bytes: Int) {
    if bytes > capacity { resize(2 * bytes) }
  }

  private func resize(_ bytes: Int) {
    memory.deallocate()
    memory = .allocate(byteCount: bytes, alignment: 8)
    capacity = bytes
  }
}
