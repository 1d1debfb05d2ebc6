/// How bytes of a body are shown.
enum BodyForm: String, CaseIterable, Sendable {
  case json
  case text
  case hex

  var title: String {
    switch self {
    case .json: "Indented JSON"
    case .text: "Text"
    case .hex: "Hex"
    }
  }
}
