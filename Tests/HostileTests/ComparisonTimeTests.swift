import Foundation
import TestSupport
import Testing

/// How long a comparison takes says nothing about where two digests differ. No other comparison than
/// OpenSSL's constant-time one exists; `ComparisonTimeAlone` measures it.
@Suite(.ownThread) struct ComparisonTimeTests {
  @Test func `digests are compared by CRYPTO_memcmp and by nothing else`() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Sources/Signing/Hmac").standardized
    let text = try String(contentsOf: folder.appendingPathComponent("Digest.swift"), encoding: .utf8)
    HostileTable.row(.comparison, "comparisons of digests in the sources", expected: "CRYPTO_memcmp alone") {
      let others = ["memcmp(", "elementsEqual", "Equatable", "static func =="].filter {
        text.replacing("CRYPTO_memcmp(", with: "").contains($0)
      }
      guard text.contains("CRYPTO_memcmp(") else { return "no CRYPTO_memcmp" }
      return others.isEmpty ? "CRYPTO_memcmp alone" : "\(others)"
    }
  }
}
