import Foundation

/// An application that keeps every request byte for byte and answers by a script.
public final class RecordingUpstream: Sendable {
  public let port: UInt16
  public let unixPath: String?
  private let listener: Int32
  private let state = Locked(State())
  private let answersBeforeTheBody: Bool
  private let script: @Sendable (RecordedRequest) -> UpstreamReply

  private struct State {
    var requests: [RecordedRequest] = []
    var connections = 0
    var bytesReceived = 0
    /// Requests that were forgotten, so that those under way keep their numbers.
    var forgotten = 0
    var open: Set<Int32> = []
    var isStopped = false
  }

  /// - Parameters:
  ///   - port: of 127.0.0.1; 0 is one that is free.
  ///   - unixPath: where to listen instead of a port of 127.0.0.1.
  ///   - answersBeforeTheBody: whether the script is asked once the head is there; the body is then never
  ///     read.
  ///   - receiveBufferBytes: a small one leaves what is not read with the sender.
  ///   - script: what is done with a request.
  public init(
    port wanted: UInt16 = 0, unixPath: String? = nil, answersBeforeTheBody: Bool = false,
    receiveBufferBytes: Int32? = nil,
    _ script: @escaping @Sendable (RecordedRequest) -> UpstreamReply = { _ in .ok }
  ) throws {
    self.unixPath = unixPath
    self.script = script
    self.answersBeforeTheBody = answersBeforeTheBody
    let listener = unixPath == nil ? try Sockets.tcp() : try Sockets.unix()
    self.listener = listener
    if let receiveBufferBytes { Sockets.setReceiveBuffer(listener, receiveBufferBytes) }
    let bound = unixPath.map { Sockets.bind(listener, path: $0) } ?? Sockets.bind(listener, port: wanted)
    guard bound, listen(listener, 512) == 0 else { throw FixtureError("listen: \(Sockets.message())") }
    port = unixPath == nil ? Sockets.port(of: listener) : 0
    let serve: @Sendable (Int32) -> Bool = { [weak self] in self?.serve($0) ?? false }
    Thread { RecordingUpstream.accept(listener, serve) }.start()
  }

  deinit { stop() }

  /// Stops listening and ends every connection.
  public func stop() {
    state.withLock { state in
      guard !state.isStopped else { return }
      state.isStopped = true
      shutdown(listener, Int32(SHUT_RDWR))
      for descriptor in state.open { shutdown(descriptor, Int32(SHUT_RDWR)) }
    }
  }

  /// Its URL with this path.
  public func url(_ path: String = "/app") -> String {
    unixPath.map { "unix:\($0):\(path)" } ?? "http://127.0.0.1:\(port)\(path)"
  }

  public var requests: [RecordedRequest] { state.withLock { $0.requests } }
  public var connections: Int { state.withLock { $0.connections } }
  /// Of all connections, whether they made whole requests or not.
  /// Those that are open now.
  public var openConnections: Int { state.withLock { $0.open.count } }
  public var bytesReceived: Int { state.withLock { $0.bytesReceived } }

  /// Forgets the requests so far: a test of thousands looks at each alone.
  public func forget() {
    state.withLock { state in
      state.forgotten += state.requests.count
      state.requests = []
    }
  }

  /// The requests, once there are so many.
  public func requests(atLeast count: Int, within seconds: Double = 10) throws -> [RecordedRequest] {
    guard eventually(within: seconds, { requests.count >= count && requests.allSatisfy(\.isComplete) }) else {
      throw FixtureError("the upstream saw \(requests.count) requests, not \(count)")
    }
    return requests
  }

  /// The one request that there was.
  public func onlyRequest() throws -> RecordedRequest {
    let all = try requests(atLeast: 1)
    guard all.count == 1 else { throw FixtureError("the upstream saw \(all.count) requests, not one") }
    return all[0]
  }

  // MARK: Serving

  private static func accept(_ listener: Int32, _ serve: @escaping @Sendable (Int32) -> Bool) {
    while true {
      let descriptor = Glibc.accept(listener, nil, nil)
      if descriptor < 0, errno == EINTR || errno == ECONNABORTED { continue }
      guard descriptor >= 0 else { break }
      let thread = Thread { if !serve(descriptor) { close(descriptor) } }
      thread.stackSize = 1 << 20
      thread.start()
    }
    close(listener)
  }

  private func serve(_ descriptor: Int32) -> Bool {
    let number = state.withLock { state -> Int? in
      guard !state.isStopped else { return nil }
      state.open.insert(descriptor)
      state.connections += 1
      return state.connections - 1
    }
    guard let number else { return false }
    let connection = UpstreamConnection(descriptor) { count in
      self.state.withLock { $0.bytesReceived += count }
    }
    serveRequests(connection, number)
    state.withLock { state in
      state.open.remove(descriptor)
      close(descriptor)
    }
    return true
  }

  private var isStopped: Bool { state.withLock { $0.isStopped } }

  private func serveRequests(_ connection: UpstreamConnection, _ number: Int) {
    var turn = 0
    while let head = connection.readHead() {
      var request = RecordedRequest(head: HeaderLines(head), connection: number, turn: turn)
      let index = state.withLock { state in
        state.requests.append(request)
        return state.forgotten + state.requests.count - 1
      }
      if !answersBeforeTheBody {
        (request.body, request.isComplete) = connection.readBody(request.head)
        let seen = request
        state.withLock { state in
          if index >= state.forgotten { state.requests[index - state.forgotten] = seen }
        }
      }
      guard connection.perform(script(request), isStopped: { self.isStopped }) else { return }
      turn += 1
    }
  }
}

/// One request as an upstream got it.
public struct RecordedRequest: Sendable {
  public let head: HeaderLines
  /// Without the chunked encoding, if it had one.
  public var body: [UInt8] = []
  /// Whether the body has been read to its end.
  public var isComplete = false
  /// Counted from 0, as is the request's place on it.
  public let connection: Int
  public let turn: Int

  public var method: String { String(head.first.split(separator: " ").first ?? "") }
  public var target: String {
    head.first.split(separator: " ", omittingEmptySubsequences: false).dropFirst().first.map(String.init)
      ?? ""
  }
}

/// The bytes of one connection on the upstream's side.
private final class UpstreamConnection {
  private let descriptor: Int32
  private let count: (Int) -> Void
  private var unread: [UInt8] = []

  init(_ descriptor: Int32, count: @escaping (Int) -> Void) {
    self.descriptor = descriptor
    self.count = count
  }

  private func receive() -> Bool {
    switch Sockets.receive(descriptor, within: 60) {
    case .bytes(let bytes):
      count(bytes.count)
      unread += bytes
      return true
    default: return false
    }
  }

  func readHead() -> [UInt8]? {
    let blank = Array("\r\n\r\n".utf8)
    while true {
      if let end = unread.firstIndex(of: blank) {
        defer { unread.removeFirst(end + 4) }
        return Array(unread[..<(end + 4)])
      }
      guard receive() else { return nil }
    }
  }

  func readBody(_ head: HeaderLines) -> ([UInt8], Bool) {
    if head.value("transfer-encoding") != nil { return readChunked() }
    let length = head.value("content-length").flatMap { Int($0) } ?? 0
    while unread.count < length { guard receive() else { return (unread, false) } }
    defer { unread.removeFirst(length) }
    return (Array(unread[..<length]), true)
  }

  private func readChunked() -> ([UInt8], Bool) {
    while true {
      if let (data, end) = Chunked.decode(unread, from: 0) {
        unread.removeFirst(end)
        return (data, true)
      }
      guard receive() else { return (unread, false) }
    }
  }

  /// False when the connection is over.
  func perform(_ reply: UpstreamReply, isStopped: () -> Bool) -> Bool {
    for step in reply.steps {
      switch step {
      case .send(let bytes): guard Sockets.sendAll(descriptor, bytes) else { return false }
      case .sendMarked(let byte): guard Sockets.sendMarked(descriptor, byte) else { return false }
      case .sendZeros(let count):
        let part = [UInt8](repeating: 0, count: 65_536)
        for start in stride(from: 0, to: count, by: part.count) {
          guard Sockets.sendAll(descriptor, Array(part.prefix(count - start)), within: 60) else {
            return false
          }
        }
      case .pause(let milliseconds):
        let end = Date(timeIntervalSinceNow: Double(milliseconds) / 1000)
        while Date() < end, !isStopped() { usleep(2_000) }
      case .closeWhenIdle(let milliseconds):
        if unread.isEmpty, !Sockets.wait(descriptor, POLLIN, Double(milliseconds) / 1000) { return false }
      case .hang:
        // Until the other side gives up.
        while !isStopped(), receive() { unread = [] }
        return false
      case .close: return false
      case .reset:
        Sockets.resetOnClose(descriptor)
        return false
      }
    }
    return true
  }
}
