import Foundation
import TestSupport
import Testing

/// What an https upstream sends beside its answers is nobody's answer, and a decent one's connections are used again.
@Suite(.ownThread) struct TLSSurplusTests {
  private let certificates: Certificates

  init() throws { certificates = try Certificates.shared.get() }

  private func app(_ scripts: [String: [TLSApp.Step]] = [:], versionMax: String = "TLSv1_3") throws -> TLSApp
  {
    try TLSApp(
      certificate: certificates.path("server.pem"), key: certificates.path("server.key"),
      versionMax: versionMax, scripts: scripts)
  }

  private func gateway(_ app: TLSApp, idleSecondsMax: Int = 1) throws -> GatewayProcess {
    try GatewayProcess(
      config: """
        listen: 127.0.0.1:{port}
        workers: 1
        routes:
          - path: /hook/*
            secret-file: {dir}/secret
            methods: [POST, HEAD]
            upstream-idle-seconds-max: \(idleSecondsMax)
            upstreams: [{url: "https://127.0.0.1:\(app.port)/", ca-file: \(certificates.path("ca.pem"))}]
        """)
  }

  private func request(_ name: String, _ method: String = "POST") -> SignedRequest {
    SignedRequest(method == "HEAD" ? "" : name).with {
      $0.method = method
      $0.target = "/hook/\(name)"
    }
  }

  private func answer(_ gateway: GatewayProcess, _ name: String, _ method: String = "POST") throws -> String {
    let client = try gateway.connect()
    try client.send(request(name, method).bytes)
    let response = try client.response(to: method)
    return "\(response.status) \(response.text.prefix(20))"
  }

  private static let smuggled = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nSMUGGLED"
  private static func head(_ length: Int) -> String { "HTTP/1.1 200 OK\r\nContent-Length: \(length)\r\n\r\n" }
  private static let long = String(repeating: "x", count: 20_000)
  private static let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

  /// What the app does for a first delivery, and the beginning of what its sender hears.
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    var method = "POST"
    var heard = "200 first"
    let steps: [TLSApp.Step]
    var testDescription: String { name }
  }

  static let cases: [Case] = [
    Case(name: "the-end-and-more-in-one-record", steps: [.send([head(5)]), .send(["first" + smuggled])]),
    Case(
      name: "the-end-and-more-50-ms-behind-the-head",
      steps: [.send([head(5)]), .pause(milliseconds: 50), .send(["first" + smuggled])]),
    Case(name: "records-of-their-own-in-one-segment", steps: [.send([head(5), "first", smuggled])]),
    Case(name: "a-record-behind-all-in-one", steps: [.send([head(5) + "first", smuggled])]),
    Case(name: "all-in-one-record", steps: [.send([head(5) + "first" + smuggled])]),
    Case(
      name: "50-ms-later", steps: [.send([head(5) + "first"]), .pause(milliseconds: 50), .send([smuggled])]),
    Case(
      name: "over-16-KiB-in-one-write", heard: "200 xxxxx", steps: [.send([head(20_000) + long + smuggled])]),
    Case(
      name: "over-16-KiB-and-a-record-of-its-own", heard: "200 xxxxx",
      steps: [.send([head(20_000) + long, smuggled])]),
    Case(
      name: "behind-an-interim-answer",
      steps: [.send(["HTTP/1.1 103 Early Hints\r\n\r\n" + head(5), "first" + smuggled])]),
    Case(
      name: "behind-an-interim-answer-all-in-one",
      steps: [.send(["HTTP/1.1 103 Early Hints\r\n\r\n" + head(5) + "first" + smuggled])]),
    Case(
      name: "behind-an-interim-answer-of-its-own",
      steps: [.send(["HTTP/1.1 103 Early Hints\r\n\r\n", head(5), "first" + smuggled])]),
    Case(name: "nothing-but-a-head", heard: "200 ", steps: [.send([head(0) + smuggled])]),
    Case(name: "nothing-but-a-head-and-a-record", heard: "200 ", steps: [.send([head(0), smuggled])]),
    Case(
      name: "to-HEAD", method: "HEAD", heard: "200 ", steps: [.send([head(5) + smuggled])]),
    Case(
      name: "to-HEAD-a-record", method: "HEAD", heard: "200 ", steps: [.send([head(5), smuggled])]),
    Case(
      name: "to-HEAD-its-body", method: "HEAD", heard: "200 ", steps: [.send([head(5) + "first"])]),
    Case(
      name: "behind-204", heard: "204 ", steps: [.send(["HTTP/1.1 204 None\r\n\r\n" + smuggled])]),
    Case(
      name: "behind-204-a-record", heard: "204 ", steps: [.send(["HTTP/1.1 204 None\r\n\r\n", smuggled])]),
    Case(name: "behind-a-last-chunk", steps: [.send([chunked, "5\r\nfirst\r\n0\r\n\r\n" + smuggled])]),
    Case(
      name: "behind-a-last-chunk-a-record",
      steps: [.send([chunked, "5\r\nfirst\r\n", "0\r\n\r\n", smuggled])]),
    Case(name: "one-byte", steps: [.send([head(5), "first\n"])]),
    Case(name: "half-a-record", steps: [.send([head(5) + "first"], bare: [0x17, 3, 3])]),
    Case(name: "a-record's-head-alone", steps: [.send([head(5) + "first"], bare: [0x17, 3, 3, 0, 0x40])]),
    Case(
      name: "a-record's-head-alone-50-ms-later",
      steps: [.send([head(5) + "first"]), .pause(milliseconds: 50), .send([], bare: [0x17, 3, 3, 0, 0x40])]),
    Case(
      name: "half-a-record-50-ms-later",
      steps: [.send([head(5) + "first"]), .pause(milliseconds: 50), .send([], bare: [0x17, 3, 3, 0])]),
  ]

  @Test(arguments: cases)
  func `what an https upstream sends behind its answer is nobody's answer`(row: Case) throws {
    let app = try app([row.name: row.steps])
    let gateway = try gateway(app)
    var seen = 0
    for (gap, next) in [(UInt32(0), "next-at-once"), (150_000, "next-later")] {
      // What comes 50 ms later and meets the next delivery on its way belongs, for all that can be told, to that.
      if row.name.contains("50-ms-later"), gap == 0 { continue }
      #expect(try answer(gateway, row.name, row.method).hasPrefix(row.heard))
      usleep(gap)
      #expect(try answer(gateway, next) == "200 " + next, "\(row.name), then \(gap) us")
      seen += 2
      let requests = try app.requests(atLeast: seen)
      #expect(requests.map(\.name).suffix(2) == [row.name, next])
      #expect(requests.count == seen && requests[seen - 2].connection != requests[seen - 1].connection)
    }
  }

  @Test(arguments: [["head", "body"], ["head and body"], ["head", "body", "rest"]])
  func `an https app that announces a byte too few has every delivery answered`(records: [String]) throws {
    let texts = [
      "head": Self.head(6), "body": "first\n!", "rest": "!", "head and body": Self.head(6) + "first\n!",
    ]
    let app = try app(["short": [.send(records.compactMap { texts[$0] })]])
    let gateway = try gateway(app)
    for _ in 0..<8 { #expect(try answer(gateway, "short") == "200 first\n") }
    #expect(try app.requests(atLeast: 8).count == 8)
  }

  @Test(arguments: ["TLSv1_2", "TLSv1_3"])
  func `a decent https upstream has one connection for many deliveries`(version: String) throws {
    let app = try app(["long": [.send([Self.head(20_000), Self.long])]], versionMax: version)
    let gateway = try gateway(app, idleSecondsMax: 600)
    for turn in 0..<20 {
      // With TLS 1.3 the tickets come after the handshake, and lie before the first answer.
      if turn % 5 == 4 { usleep(60_000) }
      #expect(try answer(gateway, turn % 3 == 0 ? "long" : "short").hasPrefix("200"))
    }
    #expect(try app.requests(atLeast: 20).count == 20)
    #expect(Set(app.requests.map(\.connection)) == [0])
    #expect(Set(app.requests.map(\.version)) == [version.replacingOccurrences(of: "_", with: ".")])
  }

  @Test func `an https connection that ends after its answer is followed by one that resumes its session`()
    throws
  {
    let app = try app([
      "says-so": [.send([Self.head(5) + "first"]), .close(says: true)],
      "says-nothing": [.send([Self.head(5) + "first"]), .close(says: false)],
    ])
    let gateway = try gateway(app)
    for name in ["says-so", "says-nothing"] {
      #expect(try answer(gateway, name) == "200 first")
      usleep(100_000)
    }
    #expect(try answer(gateway, "last") == "200 last")
    #expect(try app.requests(atLeast: 3).map(\.connection) == [0, 1, 2])
    #expect(app.requests.map(\.isResumed) == [false, true, true])
  }

  @Test func `of many deliveries at once to an https upstream with surplus each gets its own answer`() throws
  {
    let app = try app(["loud": [.send([Self.head(5)]), .send(["first" + Self.smuggled])]])
    let gateway = try gateway(app)
    let clients = try (0..<40).map { _ in try gateway.connect() }
    for (index, client) in clients.enumerated() {
      try client.send(request(index % 2 == 0 ? "loud" : "own-\(index)").bytes)
    }
    for (index, client) in clients.enumerated() {
      #expect(try client.response().text == (index % 2 == 0 ? "first" : "own-\(index)"))
    }
    for index in 0..<40 { #expect(try answer(gateway, "later-\(index)") == "200 later-\(index)") }
    #expect(try app.requests(atLeast: 80).count == 80)
  }
}
