/// Asks for the next deliveries that a route refuses: `capture COUNT SECONDS ROUTE`.
///
/// The first line is `waiting`: what is refused from then on counts. Each delivery comes as a line
/// `captured BYTES ARRIVAL REASON`, ARRIVAL being Unix milliseconds, and so many bytes behind it: the request.
/// The last line is `end REASON`, or `refused REASON` where nothing was begun.
public struct CaptureRequest: Sendable, Equatable {
  public static let countMax = 16
  public static let secondsMax = 3_600
  /// A route's path is no longer than a request line may be by default.
  static let lineBytesMax = 8_300

  /// The route's path as it is configured.
  public let route: String
  /// From 1 to `countMax`.
  public let count: Int
  /// From 1 to `secondsMax`.
  public let seconds: Int

  /// Nil where a number is out of its range, or the path is none.
  public init?(route: String, count: Int, seconds: Int) {
    guard (1...Self.countMax).contains(count), (1...Self.secondsMax).contains(seconds) else { return nil }
    guard route.hasPrefix("/"), route.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
    self.route = route
    self.count = count
    self.seconds = seconds
  }

  init?(line: String) {
    let words = line.split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 4, words[0] == "capture", let count = Int(words[1]), let seconds = Int(words[2])
    else { return nil }
    self.init(route: String(words[3]), count: count, seconds: seconds)
  }

  /// As it goes over the socket, its end included.
  public var line: String { "capture \(count) \(seconds) \(route)\n" }
}
