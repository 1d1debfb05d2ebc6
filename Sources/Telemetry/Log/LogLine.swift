internal import Formats
internal import Logging

/// One event on its way to becoming one line: fields are appended in the order in which they are read.
///
/// The bytes are built directly, without strings in between: this runs once for each delivery.
struct LogLine {
  /// Of a value that may hold a sender's bytes, this many are shown.
  static let valueBytesMax = 256

  private(set) var bytes: [UInt8] = []
  private let format: LogFormat

  /// Begins the line with its time (milliseconds since 1970) and level.
  init(_ format: LogFormat, level: Logger.Level, unixMilliseconds: Int64) {
    self.format = format
    bytes.reserveCapacity(512)
    switch format {
    case .logfmt:
      bytes.append(contentsOf: StaticString("time=").buffer)
      RFC3339.appendMilliseconds(unixMilliseconds, to: &bytes)
    case .json:
      bytes.append(contentsOf: StaticString("{\"time\":\"").buffer)
      RFC3339.appendMilliseconds(unixMilliseconds, to: &bytes)
      bytes.append(UInt8(ascii: "\""))
    case .short:
      bytes.append(contentsOf: Glance.time(unixMilliseconds).utf8)
    case .journal:
      bytes.append(UInt8(ascii: "<"))
      bytes.append(UInt8(ascii: "0") + level.syslogPriority)
      bytes.append(UInt8(ascii: ">"))
    }
    if format == .short { appendBare(level.rawValue) } else { add("level", level.rawValue) }
  }

  /// The whole line with its line feed.
  consuming func finished() -> [UInt8] {
    if format == .json { bytes.append(UInt8(ascii: "}")) }
    bytes.append(UInt8(ascii: "\n"))
    return bytes
  }

  mutating func add(_ key: StaticString, _ value: String, bytesMax: Int = valueBytesMax) {
    if format == .short, key.buffer.elementsEqual("msg".utf8) { return appendBare(value, bytesMax: bytesMax) }
    appendKey(key.buffer)
    appendText(value, bytesMax: bytesMax)
  }

  mutating func add(_ key: StaticString, _ value: String?) {
    if let value { add(key, value) }
  }

  mutating func add(_ key: StaticString, _ value: Int) {
    appendKey(key.buffer)
    appendInteger(value)
  }

  mutating func add(_ key: StaticString, _ value: Int?) {
    if let value { add(key, value) }
  }

  /// Milliseconds with three decimals.
  mutating func addMilliseconds(_ key: StaticString, nanoseconds: UInt64) {
    appendKey(key.buffer)
    let microseconds = Int64(clamping: nanoseconds / 1000)
    appendInteger(Int(microseconds / 1000))
    bytes.append(UInt8(ascii: "."))
    Digits.appendThree(microseconds % 1000, to: &bytes)
  }

  /// 32 digits of lower-case hex.
  mutating func addHex(_ key: StaticString, _ high: UInt64, _ low: UInt64) {
    appendKey(key.buffer)
    if format == .json { bytes.append(UInt8(ascii: "\"")) }
    for word in [high, low] {
      for shift in stride(from: 60, through: 0, by: -4) {
        bytes.append(Hex.digit(UInt8(truncatingIfNeeded: word >> UInt64(shift))))
      }
    }
    if format == .json { bytes.append(UInt8(ascii: "\"")) }
  }

  /// `position:fingerprint`.
  mutating func addSecret(_ key: StaticString, position: Int, fingerprint: String) {
    appendKey(key.buffer)
    if format == .json { bytes.append(UInt8(ascii: "\"")) }
    appendInteger(position)
    bytes.append(UInt8(ascii: ":"))
    bytes.append(contentsOf: fingerprint.utf8)
    if format == .json { bytes.append(UInt8(ascii: "\"")) }
  }

  /// A field whose key is not known to the source: whatever could end a key becomes `_`.
  mutating func add(key: String, _ value: String, bytesMax: Int) {
    appendKey(
      key.utf8.prefix(64).map { byte in
        let isSafe =
          byte.isASCIILetter || byte.isASCIIDigit || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
        return isSafe ? byte : UInt8(ascii: "_")
      })
    appendText(value, bytesMax: bytesMax)
  }

  /// As people read it: what does not print is escaped, and nothing is in quotes.
  private mutating func appendBare(_ text: String, bytesMax: Int = valueBytesMax) {
    bytes.append(UInt8(ascii: " "))
    LogEscape.appendBare(text, bytesMax: bytesMax, to: &bytes)
  }

  private mutating func appendKey(_ key: some Collection<UInt8>) {
    if format == .json {
      bytes.append(contentsOf: StaticString(",\"").buffer)
      bytes.append(contentsOf: key)
      bytes.append(contentsOf: StaticString("\":").buffer)
      return
    }
    if bytes.last != UInt8(ascii: ">") { bytes.append(UInt8(ascii: " ")) }
    bytes.append(contentsOf: key)
    bytes.append(UInt8(ascii: "="))
  }

  private mutating func appendText(_ text: String, bytesMax: Int) {
    format == .json
      ? LogEscape.appendJSON(text, bytesMax: bytesMax, to: &bytes)
      : LogEscape.appendLogfmt(text, bytesMax: bytesMax, to: &bytes)
  }

  private mutating func appendInteger(_ value: Int) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
      var start = digits.count
      var rest = value.magnitude
      repeat {
        start -= 1
        digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
      } while rest > 0
      if value < 0 {
        start -= 1
        digits[start] = UInt8(ascii: "-")
      }
      bytes.append(contentsOf: UnsafeBufferPointer(rebasing: digits[start...]))
    }
  }
}

extension StaticString {
  var buffer: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: utf8Start, count: utf8CodeUnitCount) }
}
