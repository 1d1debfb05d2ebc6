import Foundation
import TestSupport
import Testing

/// What a request may cost, signed or not: processor time of the event loop for each byte of a field that the gateway
/// reads, beside that of a field that it does not.
///
/// `make bench-fields` prints the figures; they are to stay within 5, and docs/bounds.md says what does not. Here the
/// machine is busy, and the program was built for debugging: what fails is ten times beyond that.
@Suite(.ownThread) struct FieldCostHostileTests {
  private static let isBench = ProcessInfo.processInfo.environment["FIELD_COSTS"] != nil
  private static let rounds = isBench ? 5 : 3
  private static let requests = isBench ? 16 : 4
  private static let timesMax = 50.0

  /// A sanitizer makes some bytes much dearer than others.
  @Test(.enabled(if: !Sanitizers.areOn), arguments: FieldCase.all)
  func `no byte of a field that is read costs much more than one of a field that is not`(
    _ field: FieldCase
  ) throws {
    let fixture = try FieldFixture()
    let (read, unread) = field.pair()
    var least = (read: Double.infinity, unread: Double.infinity)
    // What else runs makes both dearer, never cheaper.
    for _ in 0..<Self.rounds {
      least.unread = min(least.unread, try fixture.cost(of: Self.requests, unread))
      least.read = min(least.read, try fixture.cost(of: Self.requests, read))
    }
    let times = least.read / least.unread
    if Self.isBench {
      let nanoseconds = least.read / Double(Self.requests * read.count) * 1e9
      print("field-cost\t\(field.name)\t\(read.count)\t\(nanoseconds)\t\(times)")
    }
    HostileTable.row(
      .cost, "\(field.name) (\(read.count) bytes)", expected: "under 50 times an unknown field's",
      seen: "\((times * 10).rounded() / 10) times", holds: times < Self.timesMax)
    try fixture.expectServing()
  }
}
