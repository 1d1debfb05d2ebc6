import Telemetry
import Testing

@testable import Operations

/// When the log says that clocks drift apart.
struct ClockWarningsTests {
  /// Of routes with senders of their own, whose deliveries are signed so many seconds ago; beyond 150 it is time to act.
  private func findings(_ ages: KeyValuePairs<String, Int>) -> [ClockFinding] {
    ClockFinding.all(
      ages.map { .init(route: $0.key, secretFile: $0.key, skewSeconds: $0.value, toleranceSeconds: 300) },
      isHostSynchronised: nil)
  }

  private func routes(_ warnings: inout ClockWarnings, _ ages: KeyValuePairs<String, Int>, seconds: Int64)
    -> [String]
  {
    warnings.due(of: findings(ages), at: seconds * 1000).map(\.route)
  }

  @Test func `what stays as it is is said once, and again after an hour`() {
    var warnings = ClockWarnings()
    #expect(routes(&warnings, ["/a": 200, "/b": 10], seconds: 0) == ["/a"])
    for seconds: Int64 in [10, 20, 3590, 3599] {
      #expect(routes(&warnings, ["/a": 250, "/b": 10], seconds: seconds) == [])
    }
    #expect(routes(&warnings, ["/a": 250, "/b": 10], seconds: 3600) == ["/a"])
    #expect(routes(&warnings, ["/a": 250, "/b": 10], seconds: 3610) == [])
  }

  @Test func `each route is warned of by itself`() {
    var warnings = ClockWarnings()
    #expect(routes(&warnings, ["/a": 200], seconds: 0) == ["/a"])
    #expect(routes(&warnings, ["/a": 200, "/b": -200], seconds: 10) == ["/b"])
    #expect(routes(&warnings, ["/a": 200, "/b": -200], seconds: 20) == [])
  }

  @Test func `what was in step meanwhile, or no route, is news`() {
    var warnings = ClockWarnings()
    #expect(routes(&warnings, ["/a": 200, "/b": 200], seconds: 0) == ["/a", "/b"])
    #expect(routes(&warnings, ["/a": 150], seconds: 10) == [])
    #expect(routes(&warnings, ["/a": 200, "/b": 200], seconds: 20) == ["/a", "/b"])
  }
}
