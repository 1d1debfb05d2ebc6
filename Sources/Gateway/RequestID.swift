internal import HTTP

/// A sender's own `X-Request-Id`, where there is exactly one and it is fit for a log.
enum RequestID {
  static let bytesMax = 128
  private static let name = Array("x-request-id".utf8)

  static func read(_ headers: HeaderList) -> String? {
    guard case .once(let index) = headers.occurrence(of: name) else { return nil }
    return headers.withField(index) { _, value in
      let isFit = (1...bytesMax).contains(value.count) && value.allSatisfy { $0 > 0x20 && $0 < 0x7F }
      return isFit ? String(decoding: value, as: UTF8.self) : nil
    }
  }
}
