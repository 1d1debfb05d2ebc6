internal import Glibc
internal import Operations
internal import Telemetry

/// A line of a command's result, and the colour in which a terminal shows it.
struct PaintedLine: ExpressibleByStringInterpolation, Equatable {
  var text: String
  var colour: Paint?

  init(_ text: String, _ colour: Paint? = nil) {
    self.text = text
    self.colour = colour
  }

  init(stringLiteral text: String) { self.init(text) }

  init(_ line: StatusText.Line) {
    let colour: Paint? =
      switch line.tone {
      case .problem?: .red
      case .warning?: .yellow
      case nil: nil
      }
    self.init(line.text, colour)
  }

  /// Nothing in it that a terminal obeys, but the colour. Cut at `columns`, the colour's own bytes not counted.
  func shown(isPainted: Bool, columns: Int = .max) -> String {
    let text = TerminalText.shown(text).prefix(columns)
    guard isPainted, let colour else { return String(text) }
    return colour.around(text)
  }
}

/// Colours of a terminal, by ECMA-48.
enum Paint: String {
  case red = "31"
  case green = "32"
  case yellow = "33"
  /// Less bright than the rest.
  case dim = "2"

  func around(_ text: some StringProtocol) -> String { "\u{1B}[\(rawValue)m\(text)\u{1B}[0m" }

  /// Whether standard output shows colours: a terminal that can, and nobody who says NO_COLOR (no-color.org).
  static var isOn: Bool {
    let environment = ProcessEnvironment.read()
    let isUnwanted = environment["NO_COLOR"].map { !$0.isEmpty } ?? false
    let isAble = environment["TERM"].map { $0 != "dumb" } ?? false
    return isAble && !isUnwanted && isatty(STDOUT_FILENO) == 1
  }
}
