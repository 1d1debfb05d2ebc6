import Testing

@testable import Gateway

/// One verified delivery on its way to upstreams a, b and c.
struct Dispatching {
  let gate: Gate
  var exchange: Exchange

  init(_ policy: DispatchPolicy, _ upstreams: [String] = ["a", "b", "c"]) {
    gate = Gate([Route("/hook", upstreams: upstreams, deliver: policy)])
    exchange = gate.deliver()
  }

  var forwarder: FakeForwarder { gate.forwarder }
  var lines: [String] { gate.reply.lines }

  func at(_ name: String) -> FakeAttempt { gate.forwarder.at(name) }

  /// More than is held back: 16 KiB parts that can be told apart.
  static let largeParts: [[UInt8]] = (0..<6).map { [UInt8](repeating: $0, count: 16_384) }
  static let large = Array(largeParts.joined())
}
