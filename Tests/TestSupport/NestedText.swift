/// A configuration that is nested as deep as its bytes allow, in one of the ways that YAML has.
public struct NestedText: Sendable, CustomStringConvertible {
  public let name: String
  public let text: String

  public var description: String { name }

  private init(_ name: String, _ parts: [(String, Int)]) {
    self.name = name
    text = parts.map { String(repeating: $0.0, count: $0.1) }.joined() + "\n"
  }

  /// Each is refused for its depth.
  public static let all = [
    NestedText("keys that are mappings", [("{{", 3_000)]),
    NestedText("keys that are lists", [("{[", 20_000)]),
    NestedText("keys that are block mappings", [("? ", 5_000)]),
    NestedText("keys that are blocks, over lists", [("? - ", 5_000)]),
    NestedText("keys that are mappings, and closed", [("{", 5_000), ("a: b", 1), ("}: c", 4_999), ("}", 1)]),
    NestedText("keys with tags", [("{!!map ", 5_000)]),
    NestedText("keys with anchors", [("{&a ", 5_000)]),
    NestedText("keys with a question mark", [("{? ", 5_000)]),
    NestedText("values that are lists", [("[", 200_000)]),
    NestedText("values that are block lists", [("- ", 5_000)]),
    NestedText("values that are mappings", [("{a: ", 5_000)]),
    NestedText("keys below routes", [("routes: ", 1), ("{{", 3_000)]),
    NestedText("keys below a route", [("routes:\n  - ", 1), ("? ", 5_000)]),
    NestedText("keys in a route's setting", [("routes:\n  - path: /h\n    upstreams: ", 1), ("[{", 3_000)]),
    NestedText("keys in a limit", [("limits: {body-bytes-max: ", 1), ("{{", 3_000)]),
  ]
}
