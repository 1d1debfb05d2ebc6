internal import Formats
internal import Glibc
public import Telemetry

/// What comes of a tail, line by line.
public enum TailLine: Equatable {
  /// The line as it came is for machines: a later daemon tells more.
  case delivery(Glance, line: String)
  /// So many are not told here: they were not taken fast enough.
  case dropped(Int, line: String)
}

extension ControlClient {
  /// Hands over each line as it comes, until `take` says that it was the last.
  ///
  /// - Returns: why nothing was begun, in one word; nil where it was.
  /// - Throws: `Failure` where the daemon cannot be asked or breaks off, and what `begun` throws.
  public func tail(
    _ request: TailRequest, begun: () throws -> Void, _ take: (TailLine) -> Bool
  ) throws -> String? {
    let descriptor = try connected()
    defer { close(descriptor) }
    let line = Array(request.line.utf8)
    guard send(descriptor, line, line.count, Int32(MSG_NOSIGNAL)) == line.count else { throw tailBroken }
    var reader = TailReader()
    while let bytes = received(descriptor) {
      reader.take(bytes)
      while let answer = try next(&reader) {
        switch answer {
        case .tailing: try begun()
        case .refused(let reason): return reason
        case .line(let line): guard take(line) else { return nil }
        }
      }
    }
    throw tailBroken
  }

  private func next(_ reader: inout TailReader) throws -> TailReader.Answer? {
    do throws(TailReader.Failure) { return try reader.next() } catch { throw tailBroken }
  }

  private var tailBroken: Failure {
    Failure(
      kind: .broken, description: "the daemon at \(path) ended the tail: it stopped, or is older than this")
  }

  /// What comes next, however long that takes; nil at the end.
  private func received(_ descriptor: Int32) -> ArraySlice<UInt8>? {
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = recv(descriptor, &chunk, chunk.count, 0)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return nil }
      return chunk[..<count]
    }
  }
}

/// Takes apart what comes back for a tail.
struct TailReader {
  enum Answer: Equatable {
    case tailing
    case refused(String)
    case line(TailLine)
  }

  enum Failure: Error {
    /// What comes is no answer of a daemon's.
    case broken
  }

  /// More is no line of a daemon's.
  static let lineBytesMax = 65_536

  private var hasBegun = false
  private var unread: [UInt8] = []
  /// Of those, the ones that were taken apart already.
  private var readCount = 0

  mutating func take(_ bytes: some Sequence<UInt8>) {
    unread.removeFirst(readCount)
    readCount = 0
    unread += bytes
  }

  /// Nil when more is needed for the next one.
  mutating func next() throws(Failure) -> Answer? {
    guard let line = try line() else { return nil }
    if !hasBegun {
      hasBegun = line == "tailing"
      if hasBegun { return .tailing }
      guard line.hasPrefix("refused ") else { throw .broken }
      return .refused(String(line.dropFirst("refused ".count)))
    }
    let bytes = Array(line.utf8)
    if let glance = Glance(bytes) { return .line(.delivery(glance, line: line)) }
    guard let drop = TailDrop(bytes) else { throw .broken }
    return .line(.dropped(drop.dropped, line: line))
  }

  private mutating func line() throws(Failure) -> String? {
    let rest = unread[readCount...]
    guard let end = rest.prefix(Self.lineBytesMax).firstIndex(of: 0x0A) else {
      guard rest.count < Self.lineBytesMax else { throw .broken }
      return nil
    }
    defer { readCount = end + 1 }
    return String(decoding: rest[..<end], as: UTF8.self)
  }
}
