/// What differs between two lists of lines.
struct LineDifference: Sendable {
  enum Line: Sendable, Equatable {
    case same(Int, Int)
    /// Only in the first, by its place there.
    case removed(Int)
    /// Only in the second.
    case added(Int)
  }

  /// Places of a table, so that it takes some megabytes at most. Beyond it what is between the equal ends counts as
  /// different throughout.
  static let placesMax = 1 << 20

  private(set) var lines: [Line] = []
  /// Whether it was too much to be compared in its middle.
  private(set) var isRough = false

  init<Element: Equatable>(_ one: [Element], _ other: [Element]) {
    let head = zip(one, other).prefix { $0 == $1 }.count
    let tail = zip(one.dropFirst(head).reversed(), other.dropFirst(head).reversed()).prefix { $0 == $1 }.count
    let (left, right) = (head..<(one.count - tail), head..<(other.count - tail))
    lines = (0..<head).map { .same($0, $0) }
    if left.count * right.count <= Self.placesMax {
      middle(one, other, left, right)
    } else {
      isRough = true
      lines += left.map { .removed($0) } + right.map { .added($0) }
    }
    lines += (0..<tail).map { .same(left.upperBound + $0, right.upperBound + $0) }
  }

  /// By the longest common subsequence.
  private mutating func middle<Element: Equatable>(
    _ one: [Element], _ other: [Element], _ left: Range<Int>, _ right: Range<Int>
  ) {
    let width = right.count + 1
    var lengths = [Int32](repeating: 0, count: (left.count + 1) * width)
    for row in left.indices.reversed() {
      for column in right.indices.reversed() {
        let place = (row - left.lowerBound) * width + column - right.lowerBound
        lengths[place] =
          one[row] == other[column]
          ? lengths[place + width + 1] + 1 : max(lengths[place + width], lengths[place + 1])
      }
    }
    var (row, column) = (left.lowerBound, right.lowerBound)
    while row < left.upperBound || column < right.upperBound {
      let place = (row - left.lowerBound) * width + column - right.lowerBound
      if row == left.upperBound {
        lines.append(.added(column))
        column += 1
      } else if column == right.upperBound {
        lines.append(.removed(row))
        row += 1
      } else if one[row] == other[column] {
        lines.append(.same(row, column))
        row += 1
        column += 1
      } else if lengths[place + width] >= lengths[place + 1] {
        lines.append(.removed(row))
        row += 1
      } else {
        lines.append(.added(column))
        column += 1
      }
    }
  }
}
