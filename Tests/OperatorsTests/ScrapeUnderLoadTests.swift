import Foundation
import TestSupport
import Testing

/// Who reads the metrics and who delivers do not wait for each other. One event loop carries all deliveries,
/// so that it cannot hide behind another.
@Suite struct ScrapeUnderLoadTests {
  private static let question = "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"

  @Test(.timeLimit(.minutes(10)))
  func `deliveries that an upstream keeps waiting do not keep a scrape waiting`() async throws {
    try await onThread {
      let upstream = try RecordingUpstream { _ in .hang }
      let gateway = try GatewayProcess.observed([upstream.url()], workers: 1)
      let clients = try (0..<50).map { _ in try gateway.connect() }
      for client in clients { try client.send(SignedRequest().bytes) }
      _ = try upstream.requests(atLeast: 50)
      // A second is plenty even for a debug build under load.
      for _ in 0..<10 {
        let admin = try gateway.admin()
        try admin.send(Self.question)
        let scrape = Scrape(try admin.response(within: 10).text)
        #expect(scrape["vesigate_in_flight_deliveries"] == 50)
        #expect(scrape["vesigate_deliveries_total{route=\"/hook\",outcome=\"forwarded\"}"] == 0)
      }
      #expect(try gateway.get("/readyz").text == "ready\n")
      upstream.stop()
      for client in clients { #expect(try client.response(within: 20).status == 502) }
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `deliveries arrive while readers scrape without a pause, or ask and do not read`() async throws {
    try await onThread { _ = try Self.secondsBesideScrapes() }
  }

  /// What 200 deliveries take, one after the other. Load makes it longer: `ScrapeAlone` alone judges it.
  static func secondsBesideScrapes() throws -> Double {
    let upstream = try RecordingUpstream()
    let gateway = try GatewayProcess.observed([upstream.url()], workers: 1)
    // More answers than a socket holds: its reader's side of the gateway is full.
    let idle = try (0..<8).map { _ in try gateway.admin() }
    for client in idle { client.offer(Array(String(repeating: Self.question, count: 200).utf8)) }
    let scrapes = Locked(0)
    let isOver = Locked(false)
    for _ in 0..<4 {
      let path = gateway.directory.path + "/admin.sock"
      Thread.detachNewThread {
        guard let client = try? RawClient(unixPath: path) else { return }
        while !isOver.withLock({ $0 }), (try? client.send(Self.question)) != nil,
          let text = try? client.response().text, text.contains("vesigate_ready 1")
        {
          scrapes.withLock { $0 += 1 }
        }
      }
    }
    defer { isOver.withLock { $0 = true } }
    #expect(eventually(within: 20) { scrapes.withLock { $0 } >= 20 })
    let before = scrapes.withLock { $0 }
    let client = try gateway.connect()
    let start = Date()
    for _ in 0..<200 {
      try client.send(SignedRequest().bytes)
      #expect(try client.response(within: 10).status == 200)
    }
    // Longer under load, and judged by nobody here.
    let seconds = Date().timeIntervalSince(start)
    print(
      "200 deliveries, one after the other, beside \(scrapes.withLock { $0 } - before) scrapes: \(seconds) s"
    )
    // They were at it all the while, and go on.
    let after = scrapes.withLock { $0 }
    #expect(after > before)
    #expect(eventually(within: 20) { scrapes.withLock { $0 } >= after + 20 })
    #expect(upstream.requests.count == 200)
    return seconds
  }
}
