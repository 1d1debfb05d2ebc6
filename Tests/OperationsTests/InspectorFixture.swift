import Configuration
import EventLoops
import Foundation
import Logging
import NIOCore
import Synchronization
import TestSupport

@testable import Operations

/// The inspector's server on a socket of a test's own. Over TCP, too, it is a unix socket: what differs there is judged
/// by the settings.
final class InspectorFixture: Sendable {
  let source: FakeInspectorSource
  let login = InspectorLogin()
  let log = LogLines()
  let clock = Clock()
  let door: InspectorDoor
  private let directory: TemporaryDirectory
  private let group = EpollGroup(threads: 1)
  private let server: InspectorServer

  private var path: String { directory.path + "/inspector" }

  init(
    _ settings: InspectorSettings = InspectorSettings(), source: FakeInspectorSource = FakeInspectorSource(),
    holding: Latch? = nil
  ) async throws {
    self.source = source
    directory = try TemporaryDirectory()
    let clock = clock
    let pages: any InspectorSource = holding.map { HeldSource(source: source, latch: $0) } ?? source
    let inspector = Inspector(source: pages, jobs: InspectorJobs(source: pages))
    door = InspectorDoor(
      settings, login: login, inspector: inspector, logger: log.logger, uptime: { clock.seconds })
    server = try await InspectorServer.start(
      Sockets.listening(atPath: directory.path + "/inspector"), group: group, door: door)
  }

  /// Over TCP, where nobody's kernel says who asks.
  static func tcp(actions: Bool = false) -> InspectorSettings {
    var settings = InspectorSettings()
    settings.listen = .tcp(host: "127.0.0.1", port: 9465)
    settings.actions = actions
    return settings
  }

  func connect() throws -> RawClient { try RawClient(unixPath: path) }

  /// One request on a connection of its own.
  func ask(_ text: String, method: String = "GET") throws -> RawResponse {
    let client = try connect()
    client.offer(Array(text.utf8))
    return try client.response(to: method)
  }

  func get(_ target: String, _ lines: String...) throws -> RawResponse {
    try ask(Self.head("GET \(target)", ["Host: localhost:9465"] + lines))
  }

  /// As a browser sends a form of ours.
  func post(_ target: String, _ form: String, _ lines: [String] = sameOrigin) throws -> RawResponse {
    let all =
      ["Host: localhost:9465", "Content-Type: application/x-www-form-urlencoded"] + lines
      + ["Content-Length: \(form.utf8.count)"]
    return try ask(Self.head("POST \(target)", all) + form, method: "POST")
  }

  static let sameOrigin = ["Origin: http://localhost:9465", "Sec-Fetch-Site: same-origin"]

  static func head(_ begin: String, _ lines: [String]) -> String {
    (["\(begin) HTTP/1.1"] + lines + ["", ""]).joined(separator: "\r\n")
  }

  func stop() async throws {
    await server.close()
    try await group.shutdownGracefully()
  }

  /// A clock that a test moves.
  final class Clock: Sendable {
    private let now = Mutex<Int64>(1_000_000)
    var seconds: Int64 { now.withLock { $0 } }
    func advance(_ seconds: Int64) { now.withLock { $0 += seconds } }
  }
}

/// Answers nothing about the store until a latch is open, and holds no thread meanwhile.
private struct HeldSource: InspectorSource {
  let source: FakeInspectorSource
  let latch: Latch

  var routes: [InspectedRoute] { source.routes }
  var recent: RecentDeliveries { source.recent }
  var hours: [String: RouteHour] { source.hours }
  func now() -> Int64 { source.now() }
  func report() async -> StatusReport {
    await latch.wait()
    return await source.report()
  }
  func queue(_ request: QueueRequest, by caller: QueueCaller) async -> QueueAnswer {
    await latch.wait()
    return await source.queue(request, by: caller)
  }
  func quarantine(_ request: QuarantineRequest, by caller: QueueCaller) async -> QuarantineAnswer {
    await latch.wait()
    return await source.quarantine(request, by: caller)
  }
  func sendTest(_ route: String, event: String?, by caller: InspectorCaller) async -> TestDeliveryOutcome {
    await source.sendTest(route, event: event, by: caller)
  }
}

/// What was logged, a line each: the message and its metadata.
final class LogLines: Sendable {
  private let lines = Mutex<[String]>([])

  var all: [String] { lines.withLock { $0 } }

  var logger: Logger { Logger(label: "test") { _ in Handler(lines: self) } }

  private struct Handler: LogHandler {
    let lines: LogLines
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      let pairs = (event.metadata ?? [:]).map { "\($0.key)=\($0.value)" }.sorted()
      lines.lines.withLock { $0.append(([event.message.description] + pairs).joined(separator: " ")) }
    }
  }
}
