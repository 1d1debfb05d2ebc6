internal import Formats

/// A member of a JSON body, by the names that lead to it: `event`, `data.reference`.
public struct FieldPath: Sendable, Hashable {
  /// Behind the log's own prefixes no journal takes a longer one.
  public static let bytesMax = 48
  public static let namesMax = 8

  public let text: String
  let names: [String]

  /// Nil where a name is missing, too many are there, or one has other characters than ASCII letters, digits, `_` and
  /// `-`: it becomes a key of a log line.
  public init?(_ text: String) {
    let names = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard text.utf8.count <= Self.bytesMax, names.count <= Self.namesMax else { return nil }
    guard names.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(Self.isTaken) }) else { return nil }
    self.text = text
    self.names = names
  }

  private static func isTaken(_ byte: UInt8) -> Bool {
    byte.isASCIILetter || byte.isASCIIDigit || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
  }
}
