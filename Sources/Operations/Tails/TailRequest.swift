/// Asks for a glance at each delivery from now on: `tail`, or `tail ROUTE`.
///
/// The first line is `tailing`: what is over from then on counts. Each delivery comes as a line of JSON, a `Glance`;
/// where some found no room, because they are not taken fast enough, `{"dropped":COUNT}` stands in their place. It goes
/// on until the caller goes. Where nothing is begun the only line is `refused REASON`.
public struct TailRequest: Sendable, Equatable {
  /// A route's name is no longer than its path and a host.
  static let lineBytesMax = 8_600
  static let word = "tail"

  /// A route's name, or its path; nil are all.
  public let route: String?

  /// Nil where the route can be none.
  public init?(route: String?) {
    if let route {
      guard route.contains("/"), route.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
    }
    self.route = route
  }

  init?(line: String) {
    let words = line.split(separator: " ", omittingEmptySubsequences: false)
    guard words.first == "tail", words.count <= 2 else { return nil }
    self.init(route: words.count == 2 ? String(words[1]) : nil)
  }

  /// As it goes over the socket, its end included.
  public var line: String { route.map { "tail \($0)\n" } ?? "tail\n" }
}
