import Formats
import Testing

@Suite struct RFC3339Tests {
  @Test(
    arguments: [
      (0, "1970-01-01T00:00:00Z"), (1_781_519_012_999, "2026-06-15T10:23:32Z"),
      (1_709_164_800_000, "2024-02-29T00:00:00Z"), (951_868_799_000, "2000-02-29T23:59:59Z"),
      (951_868_800_000, "2000-03-01T00:00:00Z"), (253_402_300_799_000, "9999-12-31T23:59:59Z"),
    ] as [(Int64, String)])
  func `an instant is written as RFC 3339 and read back`(instant: Int64, text: String) {
    #expect(RFC3339.text(unixMilliseconds: instant) == text)
    let read = Array(text.utf8).withUnsafeBytes { RFC3339.unixMilliseconds($0) }
    #expect(read == instant / 1000 * 1000)
  }

  @Test func `every day of four centuries is written and read back`() {
    for day in 0..<146_097 {
      let instant = Int64(day) * 86_400_000
      let text = RFC3339.text(unixMilliseconds: instant)
      let read = Array(text.utf8).withUnsafeBytes { RFC3339.unixMilliseconds($0) }
      guard read == instant else {
        Issue.record("\(text) was read as \(String(describing: read))")
        return
      }
    }
  }
}
