internal import Gateway
internal import Queue

extension DurableDelivery {
  private static let straysToldMax = 8

  /// Sentences about what is stored of routes and upstreams that the configuration does not have.
  func strays(_ routes: RouteTable) -> [String] {
    let strays = store?.status.counters.strays(besides: Lane.all(of: routes.all)) ?? []
    let sentences = strays.prefix(Self.straysToldMax).map { Self.sentence(on: $0.lane, $0.count) }
    let more = strays.count - sentences.count
    return sentences + (more > 0 ? ["\(more) more like that: vesigate queue list --state orphaned"] : [])
  }

  private static func sentence(on lane: Lane, _ count: Int) -> String {
    let name = lane.upstream.isEmpty ? lane.route : "\(lane.route) for \(lane.upstream)"
    let (what, wait) =
      count == 1
      ? ("1 stored delivery belongs", "it waits") : ("\(count) stored deliveries belong", "they wait")
    return "\(what) to \(name), which is not configured any more: \(wait) until it is"
  }
}
