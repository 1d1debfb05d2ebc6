internal import Formats
internal import Glibc
internal import NIOCore
internal import POSIX

/// Asks the running daemon over its control socket. Every wait is bounded.
public struct ControlClient {
  /// Why the daemon gave no answer, as a sentence with the socket's path.
  public struct Failure: Error, CustomStringConvertible {
    public enum Kind: Sendable {
      /// Nobody listens: no socket, or none behind it.
      case absent
      case permission
      /// Somebody listens, and did not answer as a daemon does.
      case broken
    }

    public let kind: Kind
    public let description: String
  }

  static let answerBytesMax = 4 * 1_048_576

  public let path: String

  public init(path: String) { self.path = path }

  /// What the daemon may take, in seconds: its own bound on `wait` is 60.
  private static func secondsMax(_ request: ControlRequest) -> Int {
    switch request {
    case .status, .secrets: 10
    case .reload: 30
    case .wait: 75
    }
  }

  /// How things stand.
  public func status() throws(Failure) -> StatusReport { try statusAndLine().report }

  /// The same, and the line that came, without its end: a later daemon tells more than this version reads.
  public func statusAndLine() throws(Failure) -> (report: StatusReport, line: String) {
    let bytes = try bytes(.status)
    guard let report = StatusReport(bytes) else { throw foreign }
    return (report, String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
  }

  /// What the daemon answers to the others.
  ///
  /// - Parameter secondsMax: how long to wait for it, where that is not all the time the daemon may take.
  public func ask(_ request: ControlRequest, secondsMax: Int? = nil) throws(Failure) -> ControlAnswer {
    guard let answer = ControlAnswer(try bytes(request, secondsMax: secondsMax)) else { throw foreign }
    return answer
  }

  var foreign: Failure {
    Failure(kind: .broken, description: "what answers at \(path) is not this version of vesigate")
  }

  /// One that is closed without a word found all slots taken, which those who say nothing do not keep for long.
  private static let triesMax = 4
  private static let pauseNanoseconds: Int64 = 300_000_000

  private func bytes(_ request: ControlRequest, secondsMax: Int? = nil) throws(Failure) -> [UInt8] {
    try bytes("\(request.rawValue)\n", secondsMax: secondsMax ?? Self.secondsMax(request))
  }

  func bytes(_ line: String, secondsMax: Int) throws(Failure) -> [UInt8] {
    for _ in 1..<Self.triesMax {
      let answer = try bytesOnce(line, secondsMax: secondsMax)
      guard answer.isEmpty else { return answer }
      Clocks.sleep(nanoseconds: Self.pauseNanoseconds)
    }
    return try bytesOnce(line, secondsMax: secondsMax)
  }

  private func bytesOnce(_ line: String, secondsMax: Int) throws(Failure) -> [UInt8] {
    let descriptor = try connected()
    defer { close(descriptor) }
    let line = Array(line.utf8)
    // MSG_NOSIGNAL: one that hangs up is a failure, not the end of this process.
    guard send(descriptor, line, line.count, Int32(MSG_NOSIGNAL)) == line.count else {
      if errno == EPIPE { return [] }
      throw failure(errno)
    }
    return try answer(descriptor, secondsMax: secondsMax)
  }

  func connected() throws(Failure) -> Int32 {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw failure(errno) }
    var patience = timeval(tv_sec: 5, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    guard let address = UnixAddress(path: path) else {
      close(descriptor)
      throw failure(ENAMETOOLONG)
    }
    guard address.withSocketAddress({ connect(descriptor, $0, $1) }) == 0 else {
      let code = errno
      close(descriptor)
      throw failure(code)
    }
    return descriptor
  }

  /// Reads to the end of the answer.
  private func answer(_ descriptor: Int32, secondsMax: Int) throws(Failure) -> [UInt8] {
    let end = NIODeadline.now().uptimeNanoseconds + UInt64(secondsMax) * 1_000_000_000
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let now = NIODeadline.now().uptimeNanoseconds
      guard now < end else {
        throw Failure(
          kind: .broken, description: "the daemon at \(path) did not answer within \(secondsMax) s")
      }
      var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&waiting, 1, Int32((end - now) / 1_000_000 + 1)) > 0 else { continue }
      let count = recv(descriptor, &chunk, chunk.count, 0)
      if count < 0, errno == EINTR { continue }
      if count < 0, errno == ECONNRESET, bytes.isEmpty { return [] }
      guard count >= 0 else { throw failure(errno) }
      guard count > 0 else { return bytes }
      bytes += chunk[..<count]
      guard bytes.count <= Self.answerBytesMax else {
        throw Failure(kind: .broken, description: "the answer at \(path) is too long")
      }
    }
  }

  private func failure(_ code: Int32) -> Failure {
    switch code {
    case ENOENT, ECONNREFUSED, ENOTDIR:
      Failure(kind: .absent, description: "no daemon answers at \(path)")
    case EACCES, EPERM:
      Failure(
        kind: .permission,
        description: "the user with id \(geteuid()) may not talk to the daemon at \(path)")
    default:
      Failure(
        kind: .broken, description: "cannot talk to the daemon at \(path): \(String(cString: strerror(code)))"
      )
    }
  }
}
