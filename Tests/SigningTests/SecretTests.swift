import Formats
import Signing
import Testing

@Suite struct SecretTests {
  static let text = "test_webhook_secret"
  let secret = Secret(Array(text.utf8))

  @Test func `no way of printing a secret shows its bytes`() {
    var dumped = ""
    dump(secret, to: &dumped)
    var dumpedInside = ""
    dump([Holder(secret: secret)], to: &dumpedInside)
    let printed = [
      secret.description, String(describing: secret), String(reflecting: secret), "\(secret)",
      "\(String(describing: Optional(secret)))", String(reflecting: Holder(secret: secret)), dumped,
      dumpedInside,
    ]
    let bytes = Array(Self.text.utf8)
    let forbidden = [
      Self.text, String(Self.text.prefix(6)), Hex.encode(bytes), Base64.encode(bytes),
      bytes.map(String.init).joined(separator: ", "), "0x",
    ]
    for text in printed {
      #expect(text.contains(secret.fingerprint))
      for part in forbidden { #expect(!text.contains(part), "\(text) shows \(part)") }
    }
  }

  @Test func `a mirror of a secret has no children`() {
    #expect(Mirror(reflecting: secret).children.isEmpty)
    #expect(Mirror(reflecting: secret).superclassMirror == nil)
  }

  @Test func `the fingerprint is eight hex digits, the same each time and no plain hash of the secret`() {
    // printf 'vesigate fingerprint\ntest_webhook_secret' | sha256sum
    #expect(secret.fingerprint == Secret(Array(Self.text.utf8)).fingerprint)
    #expect(secret.fingerprint.utf8.count == 8)
    #expect(secret.fingerprint.utf8.allSatisfy { Hex.value(of: $0) != nil })
    #expect(secret.fingerprint == "bda5d2fc")
  }

  @Test func `different secrets have different fingerprints`() {
    var seen: Set<String> = []
    for index in 0..<1000 { seen.insert(Secret(Array("secret \(index)".utf8)).fingerprint) }
    #expect(seen.count == 1000)
    #expect(Secret([]).fingerprint != Secret([0]).fingerprint)
  }

  @Test func `a secret holds the bytes it was given`() {
    let bytes: [UInt8] = [0, 1, 0xFF, 0, 10]
    let copied = bytes.withUnsafeBytes { Secret(copying: $0) }
    #expect(copied.count == 5)
    #expect(copied.withBytes { Array($0) } == bytes)
    #expect(Secret([]).withBytes { $0.count } == 0)
  }

  @Test(
    arguments: [
      ([1, 2, 3], [1, 2, 3], true), ([1, 2, 3], [1, 2, 4], false), ([1, 2, 3], [1, 2], false),
      ([], [], true), ([], [0], false), ([1, 0], [1], false),
    ] as [([UInt8], [UInt8], Bool)])
  func `secrets are the same by all their bytes`(left: [UInt8], right: [UInt8], isSame: Bool) {
    #expect(Secret(left).isSame(as: Secret(right)) == isSame)
    #expect(Secret(right).isSame(as: Secret(left)) == isSame)
  }

  @Test func `wiping empties the array`() {
    var bytes: [UInt8] = [1, 2, 3]
    wipe(&bytes)
    #expect(bytes.isEmpty)
  }
}

private struct Holder {
  let secret: Secret
}
