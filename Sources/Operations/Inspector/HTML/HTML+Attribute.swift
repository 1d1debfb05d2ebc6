extension HTML {
  /// A name that this program wrote and a value that anybody may have written. No `style` and no `on...`: the policy of
  /// the pages would not have them heard.
  struct Attribute: Sendable {
    let name: StaticString
    /// Nil for one that is there or not.
    let value: String?

    private init(_ name: StaticString, _ value: String?) {
      self.name = name
      self.value = value
    }

    static func id(_ value: String) -> Attribute { .init("id", value) }
    static func `class`(_ names: String) -> Attribute { .init("class", names) }
    /// Of this site alone.
    static func href(_ address: PageAddress) -> Attribute { .init("href", address.text) }
    static func action(_ address: PageAddress) -> Attribute { .init("action", address.text) }
    static func anchor(_ id: String) -> Attribute { .init("href", "#" + id) }
    static let post = Attribute("method", "post")
    static let get = Attribute("method", "get")
    static func name(_ value: String) -> Attribute { .init("name", value) }
    static func value(_ value: String) -> Attribute { .init("value", value) }
    static func type(_ value: StaticString) -> Attribute { .init("type", "\(value)") }
    static func `for`(_ id: String) -> Attribute { .init("for", id) }
    static func list(_ id: String) -> Attribute { .init("list", id) }
    static func placeholder(_ text: String) -> Attribute { .init("placeholder", text) }
    static func title(_ text: String) -> Attribute { .init("title", text) }
    static func datetime(_ text: String) -> Attribute { .init("datetime", text) }
    static func scope(_ value: StaticString) -> Attribute { .init("scope", "\(value)") }
    static func label(_ text: String) -> Attribute { .init("aria-label", text) }
    static func labelledBy(_ id: String) -> Attribute { .init("aria-labelledby", id) }
    static func describedBy(_ id: String) -> Attribute { .init("aria-describedby", id) }
    static func role(_ value: StaticString) -> Attribute { .init("role", "\(value)") }
    static func tabIndex(_ number: Int) -> Attribute { .init("tabindex", "\(number)") }
    static func count(_ name: Count, _ number: Int) -> Attribute { .init(name.name, "\(number)") }
    static let current = Attribute("aria-current", "page")
    static let hidden = Attribute("aria-hidden", "true")
    static let checked = Attribute("checked", nil)
    static let selected = Attribute("selected", nil)
    static let disabled = Attribute("disabled", nil)
    static let required = Attribute("required", nil)
    static let open = Attribute("open", nil)
    static let download = Attribute("download", nil)
    static let autofocus = Attribute("autofocus", nil)
    /// For what is written by the program: the drawing of a line, a `meta`.
    static func fixed(_ name: Fixed, _ value: String) -> Attribute { .init(name.name, value) }

    enum Count: Sendable {
      case colspan, rowspan, rows, cols, max, value, maxlength, size

      fileprivate var name: StaticString {
        switch self {
        case .colspan: "colspan"
        case .rowspan: "rowspan"
        case .rows: "rows"
        case .cols: "cols"
        case .max: "max"
        case .value: "value"
        case .maxlength: "maxlength"
        case .size: "size"
        }
      }
    }

    enum Fixed: Sendable {
      case charset, content, httpEquiv, rel, viewBox, points, d, width, height, x, y, x1, x2, y1, y2, cx, cy,
        r
      case preserveAspectRatio, focusable, autocomplete, spellcheck, inputmode

      fileprivate var name: StaticString {
        switch self {
        case .charset: "charset"
        case .content: "content"
        case .httpEquiv: "http-equiv"
        case .rel: "rel"
        case .viewBox: "viewBox"
        case .points: "points"
        case .d: "d"
        case .width: "width"
        case .height: "height"
        case .x: "x"
        case .y: "y"
        case .x1: "x1"
        case .x2: "x2"
        case .y1: "y1"
        case .y2: "y2"
        case .cx: "cx"
        case .cy: "cy"
        case .r: "r"
        case .preserveAspectRatio: "preserveAspectRatio"
        case .focusable: "focusable"
        case .autocomplete: "autocomplete"
        case .spellcheck: "spellcheck"
        case .inputmode: "inputmode"
        }
      }
    }
  }
}
