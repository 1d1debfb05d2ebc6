import Formats
import Foundation
import Gateway
import Synchronization
import Telemetry
import TestSupport
import Testing

@testable import Operations

/// Who watches deliveries gets those of his route, as many as he takes, and nobody waits for him.
struct TailTests {
  static let routes = RouteTable(
    ["/a", "/b"].map { path in
      Route(
        path: PathPattern(path)!, host: path == "/b" ? "h.test" : nil, secretFileIndex: 0,
        upstreams: [Upstream(name: "u", host: "a", port: 1)])
    })

  private static func record(_ route: String?, _ status: Int = 200) -> DeliveryRecord {
    var record = DeliveryRecord(
      requestID: "r", outcome: .forwarded, status: status, route: route, remote: "192.0.2.1", method: "POST",
      path: "/secret-path")
    record.fields = [
      BodyField(name: "event", value: "e", isLogged: true),
      BodyField(name: "data.reference", value: "r", isLogged: false),
    ]
    return record
  }

  private let tails = Tails(fields: DeliveryFields(logged: []))

  private func begin(_ route: String? = nil, seesBodies: Bool = false) throws -> TailBox {
    let request = try #require(TailRequest(route: route))
    guard case .begun(let box) = tails.begin(request, seesBodies: seesBodies, routes: Self.routes) else {
      throw FixtureError("refused")
    }
    return box
  }

  private func show(_ route: String?, _ status: Int = 200) {
    tails.show(Self.record(route, status), at: { 7 })
  }

  /// What waits in it, which is something.
  private func statuses(_ box: TailBox) async -> [Int] { await box.next()?.glances.map(\.status) ?? [] }

  // MARK: The request

  @Test(arguments: [nil, "/hook", "h.test/hook/*"]) func `a request comes back out of its line`(
    route: String?
  ) throws {
    let request = try #require(TailRequest(route: route))
    #expect(TailRequest(line: String(request.line.dropLast())) == request)
  }

  @Test(arguments: ["tails", "tail ", "tail x", "tail /a /b", "tail /a\u{1B}", "tail  /a", "TAIL", "tail /ü"])
  func `anything else is no tail, and is closed without a word`(line: String) async throws {
    #expect(TailRequest(line: line) == nil)
    try await onThread {
      let server = try await ControlFixture(tails: tails) { _ in ControlProtocolTests.answer }
      #expect(try server.ask(line + "\n").isEmpty)
      try await server.stop()
    }
  }

  // MARK: What it gets

  @Test func `it gets what comes from then on, of its route where it names one`() async throws {
    show("/a", 500)
    let (all, one, other) = (try begin(), try begin("/a"), try begin("/b"))
    show("/a", 201)
    show(nil, 404)
    show("h.test/b", 202)
    #expect(await statuses(all) == [201, 404, 202])
    #expect(await statuses(one) == [201])
    #expect(await statuses(other) == [202])
  }

  @Test func `only who may see bodies gets members that the operator has not named`() async throws {
    for (sees, names) in [(true, ["event", "data.reference"]), (false, ["event"])] {
      let box = try begin(seesBodies: sees)
      show("/a")
      #expect(await box.next()?.glances[0].fields.all.map(\.name) == names)
      tails.end(box)
    }
  }

  @Test func `an attempt to deliver what is stored is shown too`() async throws {
    let box = try begin("/a")
    let attempt = QueuedAttemptRecord(
      delivery: PublicID(unixMilliseconds: 1, random: (2, 3)), route: "/a", upstream: "", attempt: 3,
      outcome: .dead,
      status: 410, nanoseconds: 1, millisecondsSinceAccepted: 1)
    tails.show(attempt, at: { 7 })
    let glance = await box.next()?.glances.first
    #expect(glance?.attempt == 3 && glance?.outcome == "dead" && glance?.upstream == nil)
  }

  @Test func `a route that is none is refused, and so is one tail too many until another ends`() throws {
    func refusal(_ route: String?) -> String? {
      if case .refused(let reason) = tails.begin(
        TailRequest(route: route)!, seesBodies: true, routes: Self.routes)
      {
        return reason
      }
      return nil
    }
    #expect(refusal("/c") == "no-such-route")
    let boxes = try (0..<Tails.tailsMax).map { _ in try begin() }
    #expect(refusal(nil) == "busy")
    tails.end(boxes[0])
    #expect(refusal(nil) == nil)
  }

  // MARK: What it does not take

  @Test func `what finds no room is counted, and told behind the last that did`() async throws {
    let box = try begin()
    for number in 0..<(TailBox.glancesMax + 5) { show("/a", number) }
    let batch = try #require(await box.next())
    #expect(batch.glances.map(\.status) == Array(0..<TailBox.glancesMax) && batch.dropped == 5)
    #expect(String(decoding: batch.bytes, as: UTF8.self).hasSuffix("\n{\"dropped\":5}\n"))
    show("/a", 7)
    let next = try #require(await box.next())
    #expect(next.glances.map(\.status) == [7] && next.dropped == 0)
  }

  @Test func `the end comes behind what waits, and to whoever waits for more`() async throws {
    let box = try begin()
    show("/a", 1)
    tails.end(box)
    show("/a", 2)
    #expect(await statuses(box) == [1])
    #expect(await box.next() == nil)
    let waiting = try begin()
    let task = Task { await waiting.next() == nil }
    task.cancel()
    #expect(await task.value)
  }

  @Test func `where nobody watches no clock is read and no body`() throws {
    tails.show(
      Self.record("/a"),
      at: {
        Issue.record("the clock was read"); return 0
      })
    let box = try begin()
    tails.end(box)
    tails.show(
      Self.record("/a"),
      at: {
        Issue.record("the clock was read"); return 0
      })
  }

  // MARK: Over the socket

  @Test func `it is written as it comes, until the caller goes`() async throws {
    try await onThread {
      let server = try await ControlFixture(tails: tails) { _ in ControlProtocolTests.answer }
      var client: RawClient? = try server.connect()
      try client?.send("tail /a\n")
      var seen = ""
      func comes(_ text: String) -> Bool {
        eventually {
          seen += String(decoding: client?.readSome(for: 0.05) ?? [], as: UTF8.self)
          return seen.contains(text)
        }
      }
      #expect(comes("tailing\n"))
      show("/a", 201)
      #expect(comes("tailing\n{\"at\":7,\"outcome\":\"forwarded\",\"status\":201,"), "\(seen)")
      client = nil
      // Its place is another's.
      #expect(eventually { tails.count == 0 })
      try await server.stop()
    }
  }

  // MARK: Reading it

  private func answers(_ text: String, partBytes: Int) throws -> [TailReader.Answer] {
    var reader = TailReader()
    var answers: [TailReader.Answer] = []
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      reader.take(rest.prefix(partBytes))
      rest = rest.dropFirst(partBytes)
      while let answer = try reader.next() { answers.append(answer) }
    }
    return answers
  }

  @Test(arguments: [1, 7, 100_000]) func `lines come back out, however they came`(partBytes: Int) throws {
    let glance = Glance(Self.record("/a"), at: 7, showsBody: true)
    let drop = #"{"dropped":12}"#
    let text = "tailing\n\(glance.line)\(drop)\n\(glance.line)"
    let delivery = TailReader.Answer.line(.delivery(glance.asRead, line: glance.json))
    #expect(
      try answers(text, partBytes: partBytes) == [
        .tailing, delivery, .line(.dropped(12, line: drop)), delivery,
      ])
    #expect(try answers("refused busy\n", partBytes: partBytes) == [.refused("busy")])
  }

  @Test(arguments: [
    "tail\n", "{\"at\":1}\n", "tailing\nnonsense\n", "tailing\n{}\n", "tailing\n{\"dropped\":\"x\"}\n",
    "tailing\n" + String(repeating: "x", count: TailReader.lineBytesMax),
  ])
  func `what is no answer of a daemon's ends it`(text: String) {
    #expect(throws: TailReader.Failure.self) { try answers(text, partBytes: 4_096) }
  }
}

extension Glance {
  /// Whoever reads it need not know what the operator named.
  fileprivate var asRead: Glance { Glance(Array(json.utf8))! }
}
