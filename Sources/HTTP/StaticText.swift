/// A text that stands in the source, so that no byte of a sender's can be in it.
public struct StaticText: Sendable, Equatable, ExpressibleByStringLiteral, CustomStringConvertible {
  private let text: StaticString

  public init(stringLiteral text: StaticString) { self.text = text }

  public var description: String { text.description }

  public static func == (left: StaticText, right: StaticText) -> Bool {
    left.description == right.description
  }
}
