import Formats
import Testing

@Suite struct RFC3339Tests {
  @Test(
    arguments: [
      (0, "1970-01-01T00:00:00Z"), (1_781_519_012_999, "2026-06-15T10:23:32Z"),
      (1_709_164_800_000, "2024-02-29T00:00:00Z"), (951_868_799_000, "2000-02-29T23:59:59Z"),
      (951_868_800_000, "2000-03-01T00:00:00Z"), (253_402_300_799_000, "9999-12-31T23:59:59Z"),
      (-62_167_219_200_000, "0000-01-01T00:00:00Z"), (-86_400_000, "1969-12-31T00:00:00Z"),
    ] as [(Int64, String)])
  func `an instant is written as RFC 3339 and read back`(instant: Int64, text: String) {
    #expect(RFC3339.text(unixMilliseconds: instant) == text)
    let read = Array(text.utf8).withUnsafeBytes { RFC3339.unixMilliseconds($0) }
    #expect(read == instant / 1000 * 1000)
  }

  @Test func `what lies before 1970 is written as the second that it lies in`() {
    #expect(RFC3339.text(unixMilliseconds: -1) == "1969-12-31T23:59:59Z")
    #expect(TimeText.utc(unixMilliseconds: -1) == "1969-12-31 23:59:59 UTC")
  }

  @Test func `an instant beyond four digits of a year is the nearest within them, whoever writes it`() {
    var bytes: [UInt8] = []
    RFC3339.appendMilliseconds(.max, to: &bytes)
    #expect(String(decoding: bytes, as: UTF8.self) == "9999-12-31T23:59:59.999Z")
    #expect(RFC3339.text(unixMilliseconds: .max) == "9999-12-31T23:59:59Z")
    #expect(TimeText.utc(unixMilliseconds: .min) == "0000-01-01 00:00:00 UTC")
  }

  @Test(arguments: [
    "1900-02-29", "2023-02-29", "2024-02-30", "2024-04-31", "2024-13-01", "2024-00-01", "2024-01-00",
  ])
  func `a day that its month does not have is none`(date: String) {
    #expect(Array("\(date)T00:00:00Z".utf8).withUnsafeBytes { RFC3339.unixMilliseconds($0) } == nil)
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
