import Foundation

/// A sender that says exactly the bytes it is told, over TCP or a unix socket.
public final class RawClient {
  private let descriptor: Int32
  private var unread: [UInt8] = []
  /// How the other side ended the connection, once it has.
  public private(set) var end: End?
  private var isOpen = true

  public enum End: Sendable { case closed, reset }

  /// - Parameter receiveBufferBytes: a small one makes a reader that is soon full.
  public init(port: UInt16, receiveBufferBytes: Int32? = nil) throws {
    descriptor = try Sockets.tcp()
    if let receiveBufferBytes { Sockets.setReceiveBuffer(descriptor, receiveBufferBytes) }
    guard Sockets.connect(descriptor, port: port) else {
      // `deinit` closes it: an initialiser that throws with everything set runs it.
      throw FixtureError("connecting to port \(port): \(Sockets.message())")
    }
  }

  public init(unixPath: String) throws {
    descriptor = try Sockets.unix()
    guard Sockets.connect(descriptor, path: unixPath) else {
      throw FixtureError("connecting to \(unixPath): \(Sockets.message())")
    }
  }

  deinit { if isOpen { Glibc.close(descriptor) } }

  // MARK: Sending

  public func send(_ bytes: [UInt8]) throws {
    guard Sockets.sendAll(descriptor, bytes) else { throw FixtureError("the gateway took no more bytes") }
  }

  /// A byte that TCP calls urgent, with a mark behind it.
  public func sendMarked(_ byte: UInt8) throws {
    guard Sockets.sendMarked(descriptor, byte) else { throw FixtureError("no mark was taken") }
  }

  public func send(_ text: String) throws { try send(Array(text.utf8)) }

  /// Sends as far as the other side takes it; what it has no ear for any more, for so long, is no error.
  public func offer(_ bytes: [UInt8], within seconds: Double = 30) {
    _ = Sockets.sendAll(descriptor, bytes, within: seconds)
  }

  /// In pieces of so many bytes, with a pause after each.
  public func send(_ bytes: [UInt8], pieces: Int, pauseMilliseconds: UInt32) throws {
    var start = 0
    while start < bytes.count {
      let end = min(start + pieces, bytes.count)
      try send(Array(bytes[start..<end]))
      usleep(pauseMilliseconds * 1000)
      start = end
    }
  }

  /// Says that nothing more comes, and goes on listening.
  public func halfClose() { shutdown(descriptor, Int32(SHUT_WR)) }

  public func close() {
    guard isOpen else { return }
    isOpen = false
    Glibc.close(descriptor)
  }

  /// Ends the connection by RST.
  public func reset() {
    Sockets.resetOnClose(descriptor)
    close()
  }

  // MARK: Receiving

  /// The next answer, whole; `method` is the request's, since HEAD has no body.
  public func response(to method: String = "POST", within seconds: Double = 10) throws -> RawResponse {
    let deadline = Date(timeIntervalSinceNow: seconds * Patience.factor)
    while true {
      if let (response, count) = RawResponse.parse(unread, method: method, isEnd: end != nil) {
        unread.removeFirst(count)
        return response
      }
      guard end == nil else { throw FixtureError("no whole answer before the end: \(shown(unread))") }
      guard receive(until: deadline) else {
        throw FixtureError("no whole answer within \(seconds) s: \(shown(unread))")
      }
    }
  }

  /// Whatever comes until the other side ends, for so long at most.
  public func readToEnd(within seconds: Double = 10) throws -> [UInt8] {
    let deadline = Date(timeIntervalSinceNow: seconds * Patience.factor)
    while end == nil {
      guard receive(until: deadline) else { throw FixtureError("still open: \(shown(unread))") }
    }
    defer { unread = [] }
    return unread
  }

  /// What comes within so many seconds and no more, and up to the end at most.
  public func readSome(for seconds: Double) -> [UInt8] {
    let deadline = Date(timeIntervalSinceNow: seconds)
    while end == nil, receive(until: deadline) {}
    defer { unread = [] }
    return unread
  }

  /// Takes up to `count` bytes that come within some seconds; empty when none did.
  public func take(_ count: Int) -> [UInt8] {
    guard end == nil else { return [] }
    switch Sockets.receive(descriptor, max: count, within: Patience.factor) {
    case .bytes(let bytes): return bytes
    case .nothing: return []
    case .end: end = .closed
    case .reset: end = .reset
    }
    return []
  }

  /// Whether the other side closes within so many seconds, saying nothing more before it.
  public func isClosedByPeer(within seconds: Double = 10) -> Bool {
    let deadline = Date(timeIntervalSinceNow: seconds * Patience.factor)
    while end == nil, receive(until: deadline) {}
    return end != nil && unread.isEmpty
  }

  /// Whether the other side holds this connection no more: a byte sent to it is answered by a reset.
  public var isDead: Bool {
    if end == .reset { return true }
    guard Sockets.sendAll(descriptor, [0], within: 0) else { return true }
    return Sockets.receive(descriptor, max: 1, within: 0) == .reset
  }

  /// Whether the other side has reset this connection; asked of the kernel, so that nothing is taken for it.
  public var isCut: Bool {
    let closed: UInt8 = 7
    var info: [UInt8] = [0]
    var count = socklen_t(info.count)
    return getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_INFO, &info, &count) == 0 && info[0] == closed
  }

  private func receive(until deadline: Date) -> Bool {
    switch Sockets.receive(descriptor, within: deadline.timeIntervalSinceNow) {
    case .bytes(let bytes): unread += bytes
    case .end: end = .closed
    case .reset: end = .reset
    case .nothing: return deadline.timeIntervalSinceNow > 0
    }
    return true
  }

  private func shown(_ bytes: [UInt8]) -> String { "\"\(Array(bytes.prefix(300)).latin1)\"" }
}

/// One answer as it was on the wire.
public struct RawResponse: Sendable {
  public let head: HeaderLines
  /// Without the chunked encoding, if it had one.
  public let body: [UInt8]

  public var status: Int { Int(head.first.split(separator: " ").dropFirst().first ?? "") ?? 0 }

  /// What stands after the status.
  public var reason: String {
    head.first.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false).dropFirst(2).first
      .map(String.init) ?? ""
  }

  public var text: String { body.latin1 }

  /// The answer at the front of `bytes` and its length; nil while it is not whole.
  static func parse(_ bytes: [UInt8], method: String, isEnd: Bool) -> (RawResponse, Int)? {
    guard let blank = bytes.firstIndex(of: Array("\r\n\r\n".utf8)) else { return nil }
    let head = HeaderLines(Array(bytes[..<(blank + 4)]))
    let start = blank + 4
    let status = RawResponse(head: head, body: []).status
    if method == "HEAD" || status < 200 || status == 204 || status == 304 {
      return (RawResponse(head: head, body: []), start)
    }
    if head.value("transfer-encoding")?.lowercased() == "chunked" {
      guard let (body, end) = Chunked.decode(bytes, from: start) else { return nil }
      return (RawResponse(head: head, body: body), end)
    }
    if let length = head.value("content-length").flatMap({ Int($0) }) {
      guard bytes.count >= start + length else { return nil }
      return (RawResponse(head: head, body: Array(bytes[start..<start + length])), start + length)
    }
    return isEnd ? (RawResponse(head: head, body: Array(bytes[start...])), bytes.count) : nil
  }
}

/// The chunked encoding, in the plainest words.
public enum Chunked {
  /// Data and the offset after the last chunk and its trailers; nil while they are not whole.
  static func decode(_ bytes: [UInt8], from start: Int) -> (data: [UInt8], end: Int)? {
    var data: [UInt8] = []
    var index = start
    while let lineEnd = bytes.firstIndex(of: [13, 10], from: index) {
      let line = Array(bytes[index..<lineEnd]).latin1.split(separator: ";").first ?? ""
      guard let size = Int(line, radix: 16) else { return nil }
      index = lineEnd + 2
      if size == 0 { return trailersEnd(bytes, index).map { (data, $0) } }
      guard bytes.count >= index + size + 2 else { return nil }
      data += bytes[index..<index + size]
      index += size + 2
    }
    return nil
  }

  private static func trailersEnd(_ bytes: [UInt8], _ start: Int) -> Int? {
    var index = start
    while let lineEnd = bytes.firstIndex(of: [13, 10], from: index) {
      if lineEnd == index { return lineEnd + 2 }
      index = lineEnd + 2
    }
    return nil
  }

  /// `data` in chunks of these sizes, used again and again.
  public static func encode(_ data: [UInt8], sizes: [Int], trailers: String = "") -> [UInt8] {
    var bytes: [UInt8] = []
    var start = 0
    var turn = 0
    while start < data.count {
      let end = min(start + max(sizes[turn % sizes.count], 1), data.count)
      bytes += Array("\(String(end - start, radix: 16))\r\n".utf8) + data[start..<end] + [13, 10]
      start = end
      turn += 1
    }
    return bytes + Array("0\r\n\(trailers)\r\n".utf8)
  }
}
