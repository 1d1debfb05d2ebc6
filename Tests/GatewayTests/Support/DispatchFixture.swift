import Testing

@testable import Gateway

/// One verified delivery on its way to upstreams a, b and c.
struct DispatchFixture {
  let fixture: ExchangeFixture
  var exchange: Exchange

  init(_ policy: DispatchPolicy, _ upstreams: [String] = ["a", "b", "c"]) {
    fixture = ExchangeFixture([Route("/hook", upstreams: upstreams, deliver: policy)])
    exchange = fixture.deliver()
  }

  var forwarder: FakeForwarder { fixture.forwarder }
  var lines: [String] { fixture.reply.lines }

  func at(_ name: String) -> FakeAttempt { fixture.forwarder.at(name) }

  /// More than is held back: 16 KiB parts that can be told apart.
  static let largeParts: [[UInt8]] = (0..<6).map { [UInt8](repeating: $0, count: 16_384) }
  static let large = Array(largeParts.joined())
}
