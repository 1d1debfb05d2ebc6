import HTTP
import Signing
import TestSupport
import Testing

@Suite(.ownThread) struct VerdictTests {
  static let layouts = SignatureLayout.presets.map { NamedLayout(name: $0.name, layout: $0.layout) }

  @Test(arguments: layouts)
  func `what we sign verifies, and arrives as it was, however it is cut`(_ named: NamedLayout) {
    var generator = SeededGenerator(seed: runSeed)
    for _ in 0..<100 {
      let delivery = SignedDelivery(named.layout, using: &generator)
      let request = delivery.request(using: &generator)
      let pieces = request.cut(using: &generator)
      for reading in [Reading([request], named.layout), Reading(pieces, named.layout)] {
        let isWhole = reading.isVerified && reading.body == delivery.body
        let cuts = pieces.map(\.escaped).joined(separator: " | ")
        #expect(isWhole, "VESIGATE_SEED=\(runSeed) \(reading) \(cuts)")
      }
    }
  }

  @Test(arguments: layouts)
  func `any split of a damaged delivery gives the same verdict and body`(_ named: NamedLayout) {
    var generator = SeededGenerator(seed: runSeed &+ 1)
    for _ in 0..<300 {
      let delivery = SignedDelivery(named.layout, using: &generator)
      let request = Damage.damaged([delivery.request(using: &generator)], using: &generator)
      let whole = Reading([request], named.layout)
      let pieces = request.cut(using: &generator)
      let note = "VESIGATE_SEED=\(runSeed) \(pieces.map(\.escaped).joined(separator: " | "))"
      #expect(Reading(pieces, named.layout).verification == whole.verification, "\(note)")
      #expect(Reading(pieces, named.layout).rejection == whole.rejection, "\(note)")
      #expect(Reading(pieces, named.layout).body == whole.body, "\(note)")
      // Nothing but what was signed verifies, whatever the damage hit.
      #expect(!whole.isVerified || whole.body == delivery.body, "\(note)")
    }
  }

  @Test(arguments: layouts)
  func `every flipped bit of the body is refused`(_ named: NamedLayout) {
    var generator = SeededGenerator(seed: runSeed &+ 2)
    var delivery = SignedDelivery(named.layout, using: &generator)
    #expect(judge(delivery).isVerified)
    for position in delivery.body.indices {
      for bit in 0..<8 {
        delivery.body[position] ^= 1 << UInt8(bit)
        let isVerified = judge(delivery).isVerified
        #expect(!isVerified, "VESIGATE_SEED=\(runSeed) byte \(position), bit \(bit)")
        delivery.body[position] ^= 1 << UInt8(bit)
      }
    }
  }

  /// Timestamp, id, signature and whatever stands around them. The one bit that may flip is the case of a hex
  /// digit.
  @Test(arguments: layouts)
  func `every flipped bit of a signed header is refused`(_ named: NamedLayout) {
    var generator = SeededGenerator(seed: runSeed &+ 3)
    var delivery = SignedDelivery(named.layout, using: &generator)
    for field in delivery.fields.indices {
      for position in delivery.fields[field].value.indices {
        for bit in 0..<8 where !isCase(of: delivery, field, position, bit) {
          delivery.fields[field].value[position] ^= 1 << UInt8(bit)
          let isVerified = judge(delivery).isVerified
          #expect(!isVerified, "VESIGATE_SEED=\(runSeed) \(delivery.fields[field].value.escaped)")
          delivery.fields[field].value[position] ^= 1 << UInt8(bit)
        }
      }
    }
    #expect(judge(delivery).isVerified)
  }

  private func isCase(of delivery: SignedDelivery, _ field: Int, _ position: Int, _ bit: Int) -> Bool {
    let value = delivery.fields[field].value
    let digits = delivery.layout.hash.digestBytes * 2
    guard bit == 5, delivery.layout.encoding == .hex, delivery.fields[field].name == delivery.layout.header
    else { return false }
    let isDigit = position >= value.count - digits
    return isDigit && (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(value[position])
  }

  private func judge(_ delivery: SignedDelivery) -> Result<Proof, Unverified> {
    var headers = HeaderList()
    for field in delivery.fields {
      var name = field.name
      name.withUTF8 { name in
        field.value.withUnsafeBytes { headers.append(name: UnsafeRawBufferPointer(name), value: $0) }
      }
    }
    let secret = Secret(SignedDelivery.secret)
    let head = RequestHead(method: "POST", target: [0x2F], headers: headers, framing: .none, hostIndex: nil)
    return delivery.body.withUnsafeBytes { body in
      Result { () throws(Unverified) in
        try OfflineJudge.judge(
          head, body: body, layout: delivery.layout,
          secrets: SecretSet(path: "/s", lines: [secret], keys: [secret]), at: SignedDelivery.now)
      }
    }
  }
}

extension Result {
  fileprivate var isVerified: Bool { if case .success = self { true } else { false } }
}

struct NamedLayout: Sendable, CustomTestStringConvertible {
  let name: String
  let layout: SignatureLayout

  var testDescription: String { name }
}
