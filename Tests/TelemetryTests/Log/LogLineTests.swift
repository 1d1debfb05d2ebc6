import Formats
import Glibc
import Logging
import Testing

@testable import Telemetry

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

private func line(_ format: LogFormat, _ value: String) -> String {
  var line = LogLine(format, level: .info, unixMilliseconds: 0)
  line.add("v", value)
  return text(line.finished())
}

@Test(arguments: [
  ("plain", "plain"), ("/a/b?c%20d:e,f", "/a/b?c%20d:e,f"), ("", "\"\""), ("two words", "\"two words\""),
  ("a=b", "\"a=b\""), ("a\"b", "\"a\\\"b\""), ("a\\b", "\"a\\\\b\""), ("a\r\nb", "\"a\\x0d\\x0ab\""),
  ("\u{1B}[31mred", "\"\\x1b[31mred\""), ("\u{7F}", "\"\\x7f\""), ("\0", "\"\\x00\""),
  ("\u{9B}31m", "\"\\xc2\\x9b31m\""), ("\u{2028}", "\"\\xe2\\x80\\xa8\""),
  ("\u{202E}txt", "\"\\xe2\\x80\\xaetxt\""), ("größe", "\"größe\""), ("日本 ✓", "\"日本 ✓\""),
])
func `a logfmt value is quoted where it must be and never leaves its line`(value: String, written: String) {
  #expect(line(.logfmt, value) == "time=1970-01-01T00:00:00.000Z level=info v=\(written)\n")
}

@Test(arguments: [
  ("plain", "plain"), ("", ""), ("two words", "two words"), ("a\"b", "a\\\"b"), ("a\\b", "a\\\\b"),
  ("a\r\nb", "a\\u000d\\u000ab"), ("\u{1B}[31m", "\\u001b[31m"), ("\u{7F}", "\\u007f"),
  ("\u{2028}", "\\u2028"), ("\u{E0001}", "\\udb40\\udc01"), ("größe", "größe"),
])
func `a JSON value is escaped and never leaves its line`(value: String, written: String) {
  #expect(
    line(.json, value)
      == "{\"time\":\"1970-01-01T00:00:00.000Z\",\"level\":\"info\",\"v\":\"\(written)\"}\n")
}

@Test func `a journal line begins with the priority and has no time`() {
  #expect(line(.journal, "x") == "<6>level=info v=x\n")
}

@Test(arguments: [
  (Logger.Level.trace, "<7>"), (.debug, "<7>"), (.info, "<6>"), (.notice, "<5>"), (.warning, "<4>"),
  (.error, "<3>"), (.critical, "<2>"),
])
func `each level has its syslog priority`(level: Logger.Level, prefix: String) {
  let line = LogLine(.journal, level: level, unixMilliseconds: 0)
  #expect(text(line.finished()) == "\(prefix)level=\(level.rawValue)\n")
}

@Test(arguments: LogFormat.allCases, 0...255)
func `no byte of a sender's can end a line or reach the terminal as a control`(
  format: LogFormat, byte: Int
) {
  let bytes = Array("a".utf8) + [UInt8(byte)] + Array("b".utf8)
  let written = Array(line(format, String(decoding: bytes, as: UTF8.self)).utf8)
  #expect(written.last == 0x0A)
  #expect(written.dropLast().allSatisfy { $0 >= 0x20 && $0 != 0x7F })
}

@Test func `a value is bounded and says that it was cut`() {
  let whole = String(repeating: "x", count: 256)
  #expect(line(.journal, whole) == "<6>level=info v=\(whole)\n")
  #expect(line(.journal, whole + "y") == "<6>level=info v=\"\(whole)...\"\n")
  // A scalar of two bytes that would straddle the bound is left out whole.
  let odd = String(repeating: "x", count: 255)
  #expect(line(.journal, odd + "ü") == "<6>level=info v=\"\(odd)...\"\n")
}

@Test(arguments: [
  (Int64(0), "1970-01-01T00:00:00.000Z"), (1_763_757_420_123, "2025-11-21T20:37:00.123Z"),
  (951_782_400_000, "2000-02-29T00:00:00.000Z"), (951_868_799_999, "2000-02-29T23:59:59.999Z"),
  (1_709_164_800_000, "2024-02-29T00:00:00.000Z"), (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
  (1_735_689_599_999, "2024-12-31T23:59:59.999Z"), (-1, "1969-12-31T23:59:59.999Z"),
])
func `the time is UTC in RFC 3339 with milliseconds`(milliseconds: Int64, written: String) {
  var bytes: [UInt8] = []
  RFC3339.appendMilliseconds(milliseconds, to: &bytes)
  #expect(text(bytes) == written)
}

@Test func `every day of four centuries agrees with the C library`() {
  for day in Int64(-40_000)..<110_000 {
    var seconds = time_t(day * 86_400 + 3_661)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    var expected = [CChar](repeating: 0, count: 32)
    strftime(&expected, 32, "%Y-%m-%dT%H:%M:%S.007Z", &parts)
    var bytes: [UInt8] = []
    RFC3339.appendMilliseconds(Int64(seconds) * 1000 + 7, to: &bytes)
    guard bytes.elementsEqual(expected.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }) else {
      Issue.record("day \(day) is written as \(text(bytes))")
      return
    }
  }
}

@Test func `the automatic format is the journal's only where stderr leads there`() throws {
  var status = stat()
  try #require(fstat(0, &status) == 0)
  let stream = "\(status.st_dev):\(status.st_ino)"
  #expect(LogFormat.automatic(environment: ["JOURNAL_STREAM": stream], descriptor: 0) == .journal)
  #expect(LogFormat.automatic(environment: ["JOURNAL_STREAM": "1:1"], descriptor: 0) == .logfmt)
  #expect(LogFormat.automatic(environment: [:], descriptor: 0) == .logfmt)
}
