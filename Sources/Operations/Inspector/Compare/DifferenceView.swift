/// Lines of two texts below each other, with what differs marked by a sign and a colour.
struct DifferenceView: Sendable {
  /// Equal lines around what differs.
  private static let around = 3
  /// Of a line, and of all.
  private static let lineBytesMax = 2_000
  private static let htmlBytesMax = 100_000

  let difference: LineDifference
  /// As they are shown.
  let one: [String]
  let other: [String]
  let label: String

  var isSame: Bool {
    difference.lines.allSatisfy { if case .same = $0 { true } else { false } }
  }

  /// - Parameters:
  ///   - one: what is compared.
  ///   - shown: how it is shown, where that is not the same.
  init(_ one: [[UInt8]], _ other: [[UInt8]], label: String, shown: ([UInt8]) -> String = Self.text) {
    difference = LineDifference(one, other)
    self.one = one.map(shown)
    self.other = other.map(shown)
    self.label = label
  }

  static func text(_ line: [UInt8]) -> String { HeadView.cut(line, lineBytesMax) }

  var html: HTML {
    guard !isSame else {
      return Parts.empty {
        "Equal in \(one.count == 1 ? "its one line" : "all \(Parts.number(one.count)) lines")."
      }
    }
    var html = HTML.empty
    if difference.isRough {
      html += element(.p, .class("notice warning")) {
        "Too many lines differ to be put beside each other: all of the first stand before all of the second."
      }
    }
    let (lines, isCut) = self.lines
    html += element(.pre, .class("difference"), .tabIndex(0), .role("region"), .label(label)) { lines }
    if isCut {
      html += element(.p, .class("count")) { "What follows is left out: the page would be too long." }
    }
    return html
  }

  private var lines: (HTML, isCut: Bool) {
    var (html, skipped) = (HTML.empty, 0)
    let isNear = nearness
    for (index, line) in difference.lines.enumerated() {
      guard html.bytes.count < Self.htmlBytesMax else { return (html, true) }
      guard isNear[index] else {
        skipped += 1
        continue
      }
      html += Self.gap(skipped)
      skipped = 0
      switch line {
      case .same(let place, _): html += element(.span) { "  " + one[place] + "\n" }
      case .removed(let place): html += element(.span, .class("removed")) { "− " + one[place] + "\n" }
      case .added(let place): html += element(.span, .class("added")) { "+ " + other[place] + "\n" }
      }
    }
    return (html + Self.gap(skipped), false)
  }

  private static func gap(_ count: Int) -> HTML {
    guard count > 0 else { return .empty }
    return element(.span, .class("quiet")) { "… \(Parts.counted(count, "equal line", "equal lines"))\n" }
  }

  /// Whether a line differs or stands close to one that does.
  private var nearness: [Bool] {
    var near = [Bool](repeating: false, count: difference.lines.count)
    for (index, line) in difference.lines.enumerated() {
      if case .same = line { continue }
      for place in max(index - Self.around, 0)...min(index + Self.around, near.count - 1) {
        near[place] = true
      }
    }
    return near
  }
}
