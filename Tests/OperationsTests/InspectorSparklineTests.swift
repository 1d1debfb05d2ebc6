import Testing

@testable import Operations

/// A route's last hour as a drawing.
struct InspectorSparklineTests {
  private func hour(_ verified: [Int], _ refused: [Int] = [], _ failed: [Int] = []) -> RouteHour {
    RouteHour(verified: verified, refused: refused, failed: failed)
  }

  private func page(_ hour: RouteHour) throws -> ReadPage {
    try ReadPage(String(decoding: Sparkline(hour: hour).html.bytes, as: UTF8.self))
  }

  @Test func `it says in words what it draws`() throws {
    let hour = hour(Array(repeating: 0, count: 58) + [3, 1_200], Array(repeating: 1, count: 60))
    let sentence = "Last hour: 1,203 verified, at most 1,200 in a minute; 60 refused; 0 failed."
    #expect(Sparkline(hour: hour).sentence == sentence)
    #expect(try page(hour).all("svg").first?["aria-label"] == sentence)
    #expect(Sparkline(hour: self.hour([1])).sentence.hasPrefix("Last 1 minute: 1 verified"))
    #expect(Sparkline(hour: self.hour([])).sentence == "No minute has been counted yet.")
  }

  @Test func `what did not happen has no line, and a calm hour is a base line alone`() throws {
    #expect(try page(hour([0, 0], [0, 0])).count("polyline") == 0)
    #expect(try page(hour([0, 1], [0, 0])).count("polyline") == 1)
    #expect(try page(hour([0, 1], [1, 0], [2, 2])).count("polyline") == 3)
  }

  @Test func `the newest minute is at the right, the highest at the top, and all of it within the drawing`() {
    for count in [1, 2, 59, 60, 90] {
      let counts = (0..<count).map { $0 * 31 % 17 }
      let points = Sparkline.points(counts, most: 16)
      #expect(points.count == max(2, min(count, 60)) && points.last?.x == 177)
      #expect(
        points.allSatisfy { (0...Sparkline.width).contains($0.x) && (0...Sparkline.height).contains($0.y) })
      #expect(zip(points, points.dropFirst()).allSatisfy { $0.x < $1.x })
    }
    #expect(Sparkline.points([0, 16], most: 16).map(\.y) == [34, 2])
    #expect(Sparkline.points([.max, -1], most: .max).map(\.y) == [2, 34])
  }
}
