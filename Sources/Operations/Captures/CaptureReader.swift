internal import Formats

/// Takes apart what comes back for a capture. Whoever answers is believed no more than was asked for: each request
/// becomes a file.
struct CaptureReader {
  enum Failure: Error {
    /// What comes is no answer of a daemon's, or goes beyond what was asked for.
    case broken
  }

  /// More is no request of this daemon's.
  static let requestBytesMax = 64 * 1_048_576
  static let lineBytesMax = 256

  /// Requests that may still come.
  private var left: Int
  private var hasBegun = false
  private var unread: [UInt8] = []
  /// The request whose bytes come next.
  private var head: (count: Int, arrival: Int64, reason: String)?

  /// - Parameter count: how many requests were asked for.
  init(count: Int) { left = count }

  mutating func take(_ bytes: some Sequence<UInt8>) { unread += bytes }

  /// Nil when more is needed for the next one.
  mutating func next() throws(Failure) -> CaptureAnswer? {
    if head == nil {
      guard let line = try line() else { return nil }
      let words = line.split(separator: " ").map(String.init)
      if let answer = answer(words) { return answer }
      head = try head(words)
    }
    guard let head, unread.count >= head.count else { return nil }
    let bytes = Array(unread[..<head.count])
    unread.removeFirst(head.count)
    self.head = nil
    return .captured(
      CapturedRequest(bytes: bytes, arrivalUnixMilliseconds: head.arrival, reason: head.reason))
  }

  /// One that is a line and no more.
  private mutating func answer(_ words: [String]) -> CaptureAnswer? {
    if !hasBegun, words == ["waiting"] {
      hasBegun = true
      return .waiting
    }
    guard words.count == 2 else { return nil }
    return switch words[0] {
    case "end": .end(words[1])
    case "refused": .refused(words[1])
    default: nil
    }
  }

  private mutating func head(_ words: [String]) throws(Failure) -> (Int, Int64, String) {
    guard left > 0, words.count == 4, words[0] == "captured", let count = Int(words[1]),
      let arrival = Int64(words[2]).map(UnixTime.nearest), (0...Self.requestBytesMax).contains(count)
    else { throw .broken }
    left -= 1
    return (count, arrival, words[3])
  }

  /// Without its line feed; nil when its end has not come.
  private mutating func line() throws(Failure) -> String? {
    // However much has come at once: what is read must not depend on that.
    guard let index = unread.prefix(Self.lineBytesMax).firstIndex(of: 0x0A) else {
      guard unread.count < Self.lineBytesMax else { throw .broken }
      return nil
    }
    defer { unread.removeFirst(index + 1) }
    // The daemon's own words are ASCII.
    guard unread[..<index].allSatisfy({ (0x20...0x7E).contains($0) }) else { throw .broken }
    return String(decoding: unread[..<index], as: UTF8.self)
  }
}
