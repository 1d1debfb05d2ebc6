internal import Gateway
internal import Queue

/// Which routes a filter can mean, for whoever has mistyped one.
extension DurableDelivery {
  /// Routes that are told at once: a sentence is no list.
  private static let namesMax = 8

  /// That no route is called so; nil where one is, or where none was asked for.
  func unknown(route: String?) -> String? {
    guard let route, let store, let dispatcher else { return nil }
    let counters = store.status.counters
    let known = Set(dispatcher.durableRoutes).union(counters.jobs.keys.map(\.lane.route))
      .union(counters.quarantine.routes)
    guard !known.contains(route) else { return nil }
    let told = known.sorted().prefix(Self.namesMax).joined(separator: ", ")
    guard !told.isEmpty else { return "no durable route is called \(route)" }
    let isAre = known.count == 1 ? "is" : "are"
    return "no durable route is called \(route); there \(isAre) \(told)"
      + (known.count > Self.namesMax ? ", ..." : "")
  }
}
