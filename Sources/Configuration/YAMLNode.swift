/// One value of a YAML file and where it stands.
struct YAMLNode {
  enum Content {
    /// A plain scalar has no quotes around it: only such a one can be a word like `true` or nothing at all.
    case scalar(text: String, isPlain: Bool)
    case sequence([YAMLNode])
    case mapping([Entry])
    /// Something that was refused already; nobody needs to hear of it twice.
    case refused
  }

  struct Entry {
    var key: String
    var keyPlace: Place
    var value: YAMLNode
  }

  var content: Content
  var place: Place

  /// `key:` with nothing behind it, or YAML's own words for nothing.
  var isNull: Bool {
    guard case .scalar(let text, true) = content else { return false }
    return text.isEmpty || text == "~" || text == "null"
  }
}
