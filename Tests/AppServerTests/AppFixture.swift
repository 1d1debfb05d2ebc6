import Formats
import Foundation
import Signing
import TestSupport

/// An app, and a gateway before it whose event loop is one, so that a connection which was kept is the next one's.
final class AppFixture: Sendable {
  let gateway: GatewayProcess
  private let numbers = Locked(0)

  /// - Parameter routes: how many; each has connections of its own to the app.
  init(_ app: RunningApp, routes: Int = 1, idleSeconds: Int = 20) throws {
    let all = (0..<routes).map { number in
      """
        - path: /\(number)/*
          secret-file: {dir}/secret
          methods: [POST, HEAD]
          body-bytes-max: 8388608
          upstream-idle-seconds-max: \(idleSeconds)
          upstreams: [\(app.server.upstream(app.place))]

      """
    }
    gateway = try GatewayProcess(
      config: "listen: 127.0.0.1:{port}\nworkers: 1\nroutes:\n" + all.joined())
  }

  func nextNumber() -> Int {
    numbers.withLock { number in
      number += 1
      return number
    }
  }

  /// For which reasons deliveries failed, and how many of each; empty where none did.
  var reasons: String {
    let words = gateway.log.compactMap { line in
      line.split(separator: " ").first { $0.hasPrefix("reason=upstream-") }?.dropFirst(
        "reason=upstream-".count)
    }
    let counts = Dictionary(grouping: words) { $0 }.mapValues(\.count).sorted { $0.key < $1.key }
    return counts.isEmpty ? "" : " (\(counts.map { "\($0.value) \($0.key)" }.joined(separator: ", ")))"
  }

  /// What the app reckons of a body.
  static func digest(_ body: [UInt8]) -> String {
    let hmac = KeyedHMAC(key: Secret(Array("witness".utf8)), hash: .sha256)
    hmac.begin()
    body.withUnsafeBytes { hmac.update($0) }
    return "\(hmac.finish().withBytes { Hex.encode($0) }) \(body.count)"
  }

  /// Blocks of 64 KiB, as the apps make them.
  static func blocks(_ numbers: Range<Int>) -> [UInt8] {
    var text = ""
    for number in numbers {
      let digits = String(number)
      let line = String(repeating: "0", count: 15 - digits.count) + digits + "\n"
      text += String(repeating: line, count: 4096)
    }
    return Array(text.utf8)
  }

  /// `==` of arrays takes a second for a few megabytes where nothing is optimised.
  static func isSame(_ one: ArraySlice<UInt8>, _ other: [UInt8]) -> Bool {
    one.count == other.count
      && one.withUnsafeBytes { one in
        other.withUnsafeBytes { memcmp(one.baseAddress!, $0.baseAddress!, $0.count) }
      } == 0
  }
}

/// One sender, whose connection to the gateway is kept.
final class AppSender {
  private let fixture: AppFixture
  private let route: Int
  private var client: RawClient?

  /// What the app said of a delivery that it read.
  struct Receipt {
    let number: Int
    let status: Int
    /// The port on the gateway's side of the app's connection; 0 where the app did not answer.
    let port: Int
  }

  init(_ fixture: AppFixture, route: Int = 0) {
    self.fixture = fixture
    self.route = route
  }

  func send(_ name: String, _ body: [UInt8], method: String = "POST", number: Int? = nil) throws
    -> RawResponse
  {
    let request = SignedRequest(bytes: body).with {
      $0.method = method
      $0.target = "/\(route)/\(name)"
      if let number { $0.lines.append("X-Witness: \(number)") }
    }
    let open = try client ?? fixture.gateway.connect()
    client = open
    try open.send(request.bytes)
    let response = try open.response(to: method, within: 30)
    if response.head.value("connection")?.lowercased() == "close" { client = nil }
    return response
  }

  /// A delivery that the app takes down; throws where its answer is another's.
  @discardableResult
  func deliver(_ body: [UInt8]? = nil) throws -> Receipt {
    let number = fixture.nextNumber()
    let body = body ?? Array("delivery \(number)".utf8)
    let response = try send("digest", body, number: number)
    guard response.status == 200 else { return Receipt(number: number, status: response.status, port: 0) }
    let words = response.text.split(separator: " ")
    guard words.count == 3, words[..<2].joined(separator: " ") == AppFixture.digest(body) else {
      throw FixtureError("delivery \(number) was answered by \(response.text)")
    }
    guard let port = Int(words[2]), port > 0 else { throw FixtureError("port \(words[2])") }
    return Receipt(number: number, status: 200, port: port)
  }

  /// One that must pass.
  @discardableResult
  func probe() throws -> Receipt {
    let receipt = try deliver()
    guard receipt.status == 200 else {
      throw FixtureError("a delivery behind it was answered \(receipt.status)")
    }
    return receipt
  }
}
