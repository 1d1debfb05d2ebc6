/// What was over lately, stored or not, from memory.
extension Inspector {
  private static let rows = 50
  private static let recentRefreshSeconds = 5
  /// Bytes of a path, a reason or an upstream in a row.
  static let cellBytesMax = 200

  func recentList(_ request: InspectorRequest) -> InspectorReply {
    let filter = RecentFilter(fields: request.query, now: source.now())
    let recent = source.recent
    if let flaw = filter.flaw {
      return page("Recent deliveries", in: .recent, status: 400) {
        element(.p, .class("notice problem"), .role("alert")) { "\(flaw)." }
        filter.form(source.routes)
      }
    }
    let before = request.query["before"].flatMap { UInt64($0) }
    let list = recent.list(filter.filter, before: before, limit: Self.rows)
    // Whoever types into the form would lose it.
    let isFresh = request.query["refresh"] == "on" && before == nil
    return page(
      "Recent deliveries", in: .recent, refreshSeconds: isFresh ? Self.recentRefreshSeconds : nil
    ) {
      if before == nil { refreshing(filter, isFresh: isFresh) }
      filter.form(source.routes)
      if filter.fields["text"] != nil { element(.p, .class("count")) { Self.told(list) } }
      if list.deliveries.isEmpty { nothing(filter) } else { table(list.deliveries) }
      Parts.pager(
        newer: before == nil ? nil : PageAddress("recent", query: filter.kept),
        older: list.before.map { PageAddress("recent", query: filter.kept + [("before", "\($0)")]) })
    }
  }

  private static func told(_ list: RecentDeliveries.Page) -> String {
    "Bodies are kept of verified deliveries of routes that say so. " + looked(list.looked, list.isCut)
  }

  private func refreshing(_ filter: RecentFilter, isFresh: Bool) -> HTML {
    element(.p, .class("refresh")) {
      isFresh ? "Loaded again every \(Self.recentRefreshSeconds) s. " : ""
      Parts.link(
        isFresh ? "Stop that" : "Keep it fresh",
        PageAddress("recent", query: filter.kept + [("refresh", isFresh ? nil : "on")]))
    }
  }

  private func nothing(_ filter: RecentFilter) -> HTML {
    Parts.empty {
      if filter.isNarrowed {
        "Nothing that was kept matches. "
        Parts.link("Show all", PageSection.recent.address)
      } else {
        "Nothing has come yet. Deliveries are kept in memory, the newest, from the start of the daemon where its "
        "configuration has "
        Parts.code("inspector:")
        ", else from the first page that somebody opened."
      }
    }
  }

  private func table(_ deliveries: [RecentDeliveries.Delivery]) -> HTML {
    let now = source.now()
    return Parts.table(
      "What was over lately, the newest first",
      ["Number", "When", .name("Route"), "Outcome", "Why", .number("Took"), .number("Body")],
      deliveries.map { delivery in
        [
          Parts.link("#\(delivery.number)", PageAddress("recent", "\(delivery.number)")),
          Parts.time(delivery.at, now), Self.route(delivery), Self.outcome(delivery), Self.why(delivery),
          HTML(Self.took(delivery.totalMicroseconds)), HTML(Parts.size(delivery.bodyBytes)),
        ]
      })
  }

  private static func route(_ delivery: RecentDeliveries.Delivery) -> HTML {
    guard let route = delivery.route else { return Parts.code(short(delivery.path)) }
    return delivery.isTest ? HTML(route) + HTML(" ") + Parts.badge("test", .quiet) : HTML(route)
  }

  static func outcome(_ delivery: RecentDeliveries.Delivery) -> HTML {
    let status = delivery.status == 0 ? "" : " \(delivery.status)"
    return Parts.state(delivery.outcome) + HTML(status)
  }

  private static func why(_ delivery: RecentDeliveries.Delivery) -> HTML {
    if let reason = delivery.reason { return HTML(short(reason)) }
    return delivery.upstreamStatus.map { HTML("the app answered \($0)") } ?? .empty
  }

  static func short(_ text: String) -> String { HeadView.cut(Array(text.utf8), cellBytesMax) }

  /// `0.4 ms`, `12 ms`, `3.2 s`
  static func took(_ microseconds: Int) -> String {
    microseconds < 10_000
      ? "\(microseconds / 1_000).\(microseconds % 1_000 / 100) ms"
      : Timeline.took(Int64(microseconds / 1_000))
  }
}
