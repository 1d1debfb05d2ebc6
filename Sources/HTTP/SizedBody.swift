/// What comes next of a body, however its end is found.
enum BodyEvent {
  case needMore
  /// Data, as offsets in the bytes given.
  case body(Range<Int>)
  /// All of it, and what belongs behind it, was read.
  case end
}

/// A body whose length was said, as it arrives.
struct SizedBody {
  var bytesLeft: Int

  /// - Parameter available: how many bytes were given, which begin where the body goes on.
  mutating func read(_ available: Int, _ index: inout Int) -> BodyEvent {
    guard bytesLeft > 0 else { return .end }
    let count = min(bytesLeft, available)
    guard count > 0 else { return .needMore }
    bytesLeft -= count
    index = count
    return .body(0..<count)
  }
}
