/// What the navigation leads to, in its order.
enum PageSection: CaseIterable, Sendable {
  case overview, recent, stored, quarantine, replays, test

  var title: String {
    switch self {
    case .overview: "Overview"
    case .recent: "Recent"
    case .stored: "Stored"
    case .quarantine: "Quarantine"
    case .replays: "Jobs"
    case .test: "Try it"
    }
  }

  var address: PageAddress {
    switch self {
    case .overview: PageAddress()
    case .recent: PageAddress("recent")
    case .stored: PageAddress("stored")
    case .quarantine: PageAddress("quarantine")
    case .replays: PageAddress("replays")
    case .test: PageAddress("test")
    }
  }
}
