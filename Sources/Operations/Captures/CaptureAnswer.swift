/// What goes back for a capture, piece by piece.
public enum CaptureAnswer: Sendable, Equatable {
  /// What is refused from now on counts.
  case waiting
  case captured(CapturedRequest)
  /// Why it is over.
  case end(String)
  /// Why nothing was begun.
  case refused(String)

  /// As it goes over the socket.
  public var bytes: [UInt8] {
    switch self {
    case .waiting: Array("waiting\n".utf8)
    case .captured(let request):
      Array(
        "captured \(request.bytes.count) \(request.arrivalUnixMilliseconds) \(request.reason)\n".utf8)
        + request.bytes
    case .end(let reason): Array("end \(reason)\n".utf8)
    case .refused(let reason): Array("refused \(reason)\n".utf8)
    }
  }
}

/// A refused request as the daemon hands it over.
public struct CapturedRequest: Sendable, Equatable {
  /// Head and body, as a file of `vesigate capture` holds them.
  public let bytes: [UInt8]
  public let arrivalUnixMilliseconds: Int64
  /// One word.
  public let reason: String

  public init(bytes: [UInt8], arrivalUnixMilliseconds: Int64, reason: String) {
    self.bytes = bytes
    self.arrivalUnixMilliseconds = arrivalUnixMilliseconds
    self.reason = reason
  }
}
