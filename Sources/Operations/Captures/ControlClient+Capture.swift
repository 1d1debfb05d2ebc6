internal import Glibc

/// Why a capture is over.
public struct CaptureEnding {
  /// Whether it was never begun.
  public let isRefused: Bool
  public let reason: String
}

extension ControlClient {
  /// Calls `begun` when what is refused counts, then hands over each captured request as it comes, until the
  /// capture ends.
  ///
  /// - Throws: `Failure` where the daemon cannot be asked or breaks off, and what `begun` and `take` throw.
  public func capture(
    _ request: CaptureRequest, begun: () throws -> Void, _ take: (CapturedRequest) throws -> Void
  ) throws -> CaptureEnding {
    let descriptor = try connected()
    defer { close(descriptor) }
    let line = Array(request.line.utf8)
    guard send(descriptor, line, line.count, Int32(MSG_NOSIGNAL)) == line.count else {
      throw Failure(kind: .broken, description: "the daemon at \(path) does not take the request")
    }
    // The daemon ends it in time; this is for one that hangs.
    let end = ContinuousClock.now.advanced(by: .seconds(request.seconds + 30))
    var reader = CaptureReader(count: request.count)
    while let bytes = received(descriptor, until: end) {
      reader.take(bytes)
      while let answer = try next(&reader) {
        switch answer {
        case .waiting: try begun()
        case .captured(let captured): try take(captured)
        case .end(let reason): return CaptureEnding(isRefused: false, reason: reason)
        case .refused(let reason): return CaptureEnding(isRefused: true, reason: reason)
        }
      }
    }
    throw broken
  }

  private func next(_ reader: inout CaptureReader) throws -> CaptureAnswer? {
    do throws(CaptureReader.Failure) { return try reader.next() } catch { throw broken }
  }

  private var broken: Failure {
    Failure(
      kind: .broken, description: "the daemon at \(path) ended the capture: it stopped, or is older than this"
    )
  }

  /// What comes next; nil at the end, or when nothing comes until then.
  private func received(_ descriptor: Int32, until end: ContinuousClock.Instant) -> ArraySlice<UInt8>? {
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let left = ContinuousClock.now.duration(to: end).components.seconds
      guard left > 0 else { return nil }
      var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let ready = poll(&entry, 1, Int32(min(left, 3_600)) * 1000)
      if ready < 0, errno == EINTR { continue }
      guard ready > 0 else { return nil }
      let count = recv(descriptor, &chunk, chunk.count, 0)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return nil }
      return chunk[..<count]
    }
  }
}
