/// How many attempts may be under way at one upstream: few at first, for an app that has just come back has caches to
/// fill and a backlog before it. 1, 2, 4 ... with each success, up to the route's bound.
public struct UpstreamSlots: Sendable {
  public private(set) var most: Int
  /// How many may be under way now.
  public private(set) var limit: Int
  public private(set) var underWay = 0

  /// - Parameter most: at least 1.
  public init(most: Int) {
    self.most = max(most, 1)
    limit = 1
  }

  /// Another bound, as a reload may bring it.
  public mutating func resize(most: Int) {
    self.most = max(most, 1)
    limit = min(limit, self.most)
  }

  public var free: Int { max(0, limit - underWay) }

  /// Takes a slot; false where none is free.
  public mutating func take() -> Bool {
    guard underWay < limit else { return false }
    underWay += 1
    return true
  }

  /// Gives it back with a success.
  public mutating func succeed() {
    giveBack()
    limit = min(limit * 2, most)
  }

  /// Gives it back with anything else.
  public mutating func giveBack() { underWay = max(0, underWay - 1) }

  /// Behind a pause it begins again with one. What is under way still counts.
  public mutating func slowDown() { limit = 1 }
}
