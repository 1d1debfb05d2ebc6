internal import Formats
internal import Glibc

/// A refused request as the daemon handed it over.
public struct Captured {
  public let bytes: [UInt8]
  public let arrivalUnixMilliseconds: Int64
  public let reason: String
}

/// Why a capture is over.
public struct CaptureEnding {
  /// Whether it was never begun.
  public let isRefused: Bool
  public let reason: String
}

extension ControlClient {
  /// More is no request of this daemon's.
  private static let requestBytesMax = 64 * 1_048_576

  /// Calls `begun` when what is refused counts, then hands over each captured request as it comes, until the
  /// capture ends.
  public func capture(
    _ request: CaptureRequest, begun: () throws -> Void, _ take: (Captured) throws -> Void
  ) throws -> CaptureEnding {
    let descriptor = try connected()
    defer { close(descriptor) }
    let line = Array(request.line.utf8)
    guard send(descriptor, line, line.count, Int32(MSG_NOSIGNAL)) == line.count else {
      throw Failure(kind: .broken, description: "the daemon at \(path) does not take the request")
    }
    // The daemon ends it in time; this is for one that hangs.
    var reader = AnswerReader(descriptor: descriptor, secondsMax: request.seconds + 30)
    var (hasBegun, taken) = (false, 0)
    while let words = reader.line()?.split(separator: " ") {
      if !hasBegun, words == ["waiting"] {
        hasBegun = true
        try begun()
        continue
      }
      if words.count == 2, words[0] == "end" || words[0] == "refused" {
        return CaptureEnding(isRefused: words[0] == "refused", reason: String(words[1]))
      }
      // Whoever answers is believed no more than was asked for: each one becomes a file.
      guard taken < request.count, words.count == 4, words[0] == "captured", let count = Int(words[1]),
        let arrival = Int64(words[2]).map(UnixTime.nearest),
        (0...Self.requestBytesMax).contains(count), let bytes = reader.bytes(count)
      else { break }
      taken += 1
      try take(Captured(bytes: bytes, arrivalUnixMilliseconds: arrival, reason: String(words[3])))
    }
    throw Failure(
      kind: .broken, description: "the daemon at \(path) ended the capture: it stopped, or is older than this"
    )
  }
}

/// Reads lines and blocks of bytes from a socket, against one deadline.
private struct AnswerReader {
  private let descriptor: Int32
  private let end: ContinuousClock.Instant
  private var unread: [UInt8] = []

  init(descriptor: Int32, secondsMax: Int) {
    self.descriptor = descriptor
    end = ContinuousClock.now.advanced(by: .seconds(secondsMax))
  }

  /// Without its line feed; nil at the end, or when no line comes.
  mutating func line() -> String? {
    while true {
      if let index = unread.firstIndex(of: 0x0A) {
        let line = String(decoding: unread[..<index], as: UTF8.self)
        unread.removeFirst(index + 1)
        return line
      }
      guard unread.count < 256, more() else { return nil }
    }
  }

  mutating func bytes(_ count: Int) -> [UInt8]? {
    while unread.count < count { guard more() else { return nil } }
    defer { unread.removeFirst(count) }
    return Array(unread[..<count])
  }

  private mutating func more() -> Bool {
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let left = ContinuousClock.now.duration(to: end).components.seconds
      guard left > 0 else { return false }
      var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let ready = poll(&entry, 1, Int32(min(left, 3_600)) * 1000)
      if ready < 0, errno == EINTR { continue }
      guard ready > 0 else { return false }
      let count = recv(descriptor, &chunk, chunk.count, 0)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      unread += chunk[..<count]
      return true
    }
  }
}
