/// A number with a unit behind it, where a plain number is wanted: `25s`, `2MB`.
struct WrittenUnit {
  private let number: Int
  /// In small letters.
  private let unit: String

  private static let scales: [String: [String: Int]] = [
    "seconds": [
      "s": 1, "sec": 1, "second": 1, "seconds": 1, "m": 60, "min": 60, "minutes": 60, "h": 3_600,
      "hours": 3_600,
    ],
    "bytes": [
      "b": 1, "byte": 1, "bytes": 1, "k": 1 << 10, "kb": 1 << 10, "kib": 1 << 10, "m": 1 << 20, "mb": 1 << 20,
      "mib": 1 << 20, "g": 1 << 30, "gb": 1 << 30, "gib": 1 << 30,
    ],
  ]

  /// Nil where the text is anything else.
  init?(_ text: String) {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let rest = text.dropFirst(digits.count).drop { $0 == " " }
    guard let number = String(digits).wholeNumber, !rest.isEmpty,
      rest.allSatisfy({ $0.isASCII && $0.isLetter })
    else { return nil }
    self.number = number
    unit = rest.lowercased()
  }

  /// What a sentence about the setting at `path` ends with: the unit that its name tells, and the number to write.
  func ending(path: String, _ range: ClosedRange<Int>) -> String {
    let words = path.split(separator: ".").last?.split(separator: "-").map(String.init) ?? []
    guard let wanted = words.first(where: { Self.scales[$0] != nil }) else { return ", without a unit" }
    guard let scale = Self.scales[wanted]?[unit] else { return ", in \(wanted)" }
    let (whole, isTooLarge) = number.multipliedReportingOverflow(by: scale)
    return !isTooLarge && range.contains(whole) ? ", in \(wanted), as \(whole)" : ", in \(wanted)"
  }
}
