/// The known word that a misspelt one most likely stands for.
public enum Suggestion {
  /// Words beyond this length are nobody's slip of the pen.
  private static let lengthMax = 64

  public static func nearest(to word: String, among known: [String]) -> String? {
    guard (1...lengthMax).contains(word.utf8.count) else { return nil }
    let distances = known.map { (name: $0, distance: distance(Array(word.utf8), Array($0.utf8))) }
    guard let best = distances.min(by: { $0.distance < $1.distance }) else { return nil }
    if best.distance > 1, let begun = known.first(where: { $0.hasPrefix(word + "-") }) { return begun }
    return best.distance <= max(1, min(word.utf8.count, best.name.utf8.count) / 3) ? best.name : nil
  }

  /// `, did you mean "upstreams"?` or nothing.
  public static func ending(for word: String, among known: [String]) -> String {
    nearest(to: word, among: known).map { ", did you mean \"\($0)\"?" } ?? ""
  }

  /// Insertions, deletions, replacements and swaps of neighbours that turn one word into the other.
  static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for row in 0..<left.count {
      var current = [row + 1]
      for column in 0..<right.count {
        let replaced = last[column] + (left[row] == right[column] ? 0 : 1)
        var cost = min(replaced, last[column + 1] + 1, current[column] + 1)
        if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
          cost = min(cost, beforeLast[column - 1] + 1)
        }
        current.append(cost)
      }
      beforeLast = last
      last = current
    }
    return last[right.count]
  }
}
