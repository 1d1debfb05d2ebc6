/// A route's last hour as a small drawing: a line a minute for what was verified, what was refused and what failed, all
/// on one scale, the present at the right.
struct Sparkline: Sendable {
  static let (width, height) = (177, 36)
  /// Kept free above and below, so that a line is drawn whole.
  private static let margin = 2

  let hour: RouteHour

  var html: HTML {
    HTML(
      .svg,
      [
        .class("spark"), .role("img"), .label(sentence), .fixed(.viewBox, "0 0 \(Self.width) \(Self.height)"),
        .fixed(.preserveAspectRatio, "none"),
      ], drawing)
  }

  /// For whoever does not see it.
  var sentence: String {
    let minutes = max(hour.verified.count, hour.refused.count, hour.failed.count)
    guard minutes > 0 else { return "No minute has been counted yet." }
    let time =
      minutes < RouteHour.minutes ? "Last \(Parts.counted(minutes, "minute", "minutes"))" : "Last hour"
    let busiest = Parts.number(hour.verified.max() ?? 0)
    return "\(time): \(Parts.number(total(hour.verified))) verified, at most \(busiest) in a minute; "
      + "\(Parts.number(total(hour.refused))) refused; \(Parts.number(total(hour.failed))) failed."
  }

  private func total(_ counts: [Int]) -> Int {
    counts.reduce(0) { $0.addingReportingOverflow($1).partialValue }
  }

  private var drawing: HTML {
    let base = Self.height - Self.margin
    var drawing = element(
      .line, .class("base"), .fixed(.x1, "0"), .fixed(.y1, "\(base)"), .fixed(.x2, "\(Self.width)"),
      .fixed(.y2, "\(base)"))
    let most = max(hour.verified.max() ?? 0, hour.refused.max() ?? 0, hour.failed.max() ?? 0)
    guard most > 0 else { return drawing }
    for (counts, name) in [(hour.verified, "verified"), (hour.refused, "refused"), (hour.failed, "failed")]
    where counts.contains(where: { $0 > 0 }) {
      let points = Self.points(counts, most: most)
      if name == "verified" { drawing += area(points) }
      drawing += element(.polyline, .class("line " + name), .fixed(.points, Self.text(points)))
    }
    return drawing
  }

  private func area(_ points: [(x: Int, y: Int)]) -> HTML {
    guard let first = points.first, let last = points.last else { return .empty }
    let base = Self.height - Self.margin
    let closed = [(x: first.x, y: base)] + points + [(x: last.x, y: base)]
    let path = "M" + Self.text(closed) + "Z"
    return element(.path, .class("area"), .fixed(.d, path))
  }

  /// One for each minute; one minute alone is a line all the same.
  static func points(_ counts: [Int], most: Int) -> [(x: Int, y: Int)] {
    let shown = counts.suffix(RouteHour.minutes)
    let room = height - 2 * margin
    let step = width / (RouteHour.minutes - 1)
    let right = step * (RouteHour.minutes - 1)
    let points = shown.enumerated().map { index, count in
      let share = Int(Double(min(max(count, 0), most)) / Double(most) * Double(room))
      return (x: right - step * (shown.count - 1 - index), y: height - margin - share)
    }
    guard points.count == 1, let only = points.first else { return points }
    return [(x: only.x - step, y: only.y), only]
  }

  private static func text(_ points: [(x: Int, y: Int)]) -> String {
    points.map { "\($0.x),\($0.y)" }.joined(separator: " ")
  }
}
