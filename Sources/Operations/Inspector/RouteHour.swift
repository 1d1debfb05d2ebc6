/// What came on a route in the last hour, minute by minute.
struct RouteHour: Sendable, Equatable {
  static let minutes = 60

  /// The oldest minute first; fewer than 60 where the daemon has not run for an hour.
  var verified: [Int] = []
  var refused: [Int] = []
  var failed: [Int] = []
}
