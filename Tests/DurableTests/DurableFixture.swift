import Foundation
import TestSupport

/// A gateway with a durable route at /hook and a synchronous one at /sync, and an app that comes and goes. The store
/// outlives the gateway.
final class DurableFixture {
  let directory: TemporaryDirectory
  /// Where the app is, be it there or not.
  let appPort: UInt16
  private(set) var app: RecordingUpstream?
  private(set) var gateway: GatewayProcess?
  private var config: String
  /// A command that becomes the gateway, from the next start on.
  var startedBy: [String]

  /// - Parameters:
  ///   - durable: further settings of the route's `durable:`.
  ///   - breaker: in place of one that pauses nothing.
  ///   - route: further lines of the route.
  ///   - upstreams: where deliveries go besides the app.
  ///   - store: further settings of `store:`.
  init(
    durable: String = "", breaker: String = "breaker: {failures: 1000}", route: String = "",
    upstreams: [String] = [], store: String = "", limits: String = "", startedBy: [String] = []
  ) throws {
    directory = try TemporaryDirectory()
    appPort = try FreePort.take()
    self.startedBy = startedBy
    config = Self.config(
      app: appPort, durable: "{\(Self.quick), \(breaker)\(durable.isEmpty ? "" : ", \(durable)")}",
      route: route,
      upstreams: upstreams, store: store, limits: limits)
  }

  /// Retries within the time that a test has.
  static let quick = "retry: {first-seconds: 1, seconds-max: 1, jitter-percent: 0}"

  static func config(
    app: UInt16, durable: String, path: String = "/hook", route: String = "", upstreams: [String] = [],
    store: String = "",
    limits: String = ""
  ) -> String {
    let urls = ["http://127.0.0.1:\(app)/app"]
    let settings = "sqlite: {dir}/queue.db, seal-key-file: {dir}/seal.key, disk-free-bytes-min: 0"
    let operators = "control: {dir}/control.sock\nadmin: {listen: \"unix:{dir}/admin.sock\"}"
    let top = "\(operators)\nstore: {\(settings)\(store.isEmpty ? "" : ", \(store)")}"
    return GatewayConfig.text(
      upstreams: urls + upstreams, path: path, route: "durable: \(durable)\n" + route, limits: limits,
      top: top)
      + "\n" + GatewayConfig.route("/sync", upstreams: urls)
  }

  /// With another value of `durable:`, and what else differs, at the next start or reload.
  func set(
    durable: String, path: String = "/hook", route: String = "", upstreams: [String] = [], store: String = ""
  ) throws {
    config = Self.config(
      app: appPort, durable: durable, path: path, route: route, upstreams: upstreams, store: store)
    try gateway?.writeConfig(config)
  }

  @discardableResult
  func startGateway() throws -> GatewayProcess {
    let gateway = try GatewayProcess(config: config, directory: directory, startedBy: startedBy)
    self.gateway = gateway
    return gateway
  }

  /// Ends it without a word.
  func killGateway() throws {
    gateway?.signal(SIGKILL)
    guard gateway?.waitForExit() != nil else { throw FixtureError("it is still there") }
    gateway = nil
  }

  func stopGateway() -> Int32? {
    defer { gateway = nil }
    return gateway?.terminate()
  }

  @discardableResult
  func startApp(_ script: @escaping @Sendable (RecordedRequest) -> UpstreamReply = { _ in .ok }) throws
    -> RecordingUpstream
  {
    let app = try RecordingUpstream(port: appPort, script)
    self.app = app
    return app
  }

  func stopApp() {
    app?.stop()
    app = nil
  }

  /// What a monitor is told: the lines of /metrics.
  func metrics() throws -> [String] {
    let client = try RawClient(unixPath: directory.path + "/admin.sock")
    try client.send("GET /metrics HTTP/1.1\r\nHost: admin\r\nConnection: close\r\n\r\n")
    return try client.response(to: "GET").text.split(separator: "\n").map(String.init)
  }

  // MARK: Deliveries

  struct Answer {
    let status: Int
    /// What the delivery is called.
    let id: String?
  }

  func send(_ request: SignedRequest) throws -> Answer {
    guard let gateway else { throw FixtureError("no gateway") }
    let response = try gateway.exchange(request.bytes)
    return Answer(status: response.status, id: response.head.value("x-delivery-id"))
  }

  func send(_ body: String) throws -> Answer { try send(SignedRequest(body)) }

  /// Of so many deliveries, each with a body of its own.
  func send(count: Int) throws -> [Answer] { try (0..<count).map { try send("{\"number\":\($0)}") } }

  /// What the app got, once there is so much of it and nothing more has come for a while.
  func delivered(_ count: Int, within seconds: Double = 20) throws -> [RecordedRequest] {
    guard let app else { throw FixtureError("no app") }
    _ = try app.requests(atLeast: count, within: seconds)
    usleep(300_000)
    return app.requests
  }

  // MARK: The store's file

  /// Changes the file behind the gateway's back, which must not run.
  func edit(_ sql: String) throws {
    let program = """
      import sqlite3, sys
      store = sqlite3.connect(sys.argv[1])
      changed = store.execute(sys.argv[2]).rowcount
      store.commit()
      store.close()
      sys.exit(0 if changed > 0 else 9)
      """
    let child = try ChildProcess(
      ["python3", "-c", program, directory.path + "/queue.db", sql], environment: ["PATH": "/usr/bin:/bin"])
    guard child.waitForExit(within: 20) == 0 else { throw FixtureError("\(sql): \(child.lines)") }
  }
}
