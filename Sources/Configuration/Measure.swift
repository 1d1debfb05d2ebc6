/// What a number counts: how long something lasts, or how large it is. A plain number counts in the unit of its
/// setting's name; with a unit behind it, in that one: `25s`, `2MiB`.
public enum Measure: String, Sendable {
  case seconds, hours, bytes

  /// By the words of a setting's name; nil where it counts something else.
  init?(setting path: String) {
    let words = path.split(separator: ".").last?.split(separator: "-").map(String.init) ?? []
    guard let measure = words.lazy.compactMap({ Measure(rawValue: $0) }).first else { return nil }
    self = measure
  }

  /// How many of the smallest unit each stands for: milliseconds, or bytes.
  private static let times: [(name: String, size: Int)] = [
    ("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
  ]
  private static let sizes: [(name: String, size: Int)] = [
    ("B", 1), ("kB", 1_000), ("KB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40),
  ]

  private var units: [(name: String, size: Int)] { self == .bytes ? Self.sizes : Self.times }

  /// Of the smallest unit.
  private var size: Int {
    switch self {
    case .seconds: 1_000
    case .hours: 3_600_000
    case .bytes: 1
    }
  }

  /// Why a text is no whole number of them.
  public enum Flaw: Error, Sendable, Equatable {
    /// It is no number and something behind it.
    case noNumber
    /// What stands behind the number is no unit of these, or the number is none that is read here.
    case unit
    /// It is some of them and a part of one.
    case fraction
    /// 64 bits do not hold it.
    case tooLarge
  }

  /// Reads `25`, or `25s`: no sign, no leading zero, no blank, no fraction.
  public func number(_ text: String) throws(Flaw) -> Int {
    if let plain = text.wholeNumber { return plain }
    return try number(withUnit: text)
  }

  /// Likewise, where a unit has to stand there.
  public func number(withUnit text: String) throws(Flaw) -> Int {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let name = text[digits.endIndex...]
    guard !digits.isEmpty, !name.isEmpty else { throw .noNumber }
    // By bytes: for a string the sign of kelvin is a K.
    let unit = units.first { $0.name.utf8.elementsEqual(name.utf8) }
    guard let count = String(digits).wholeNumber, let unit else { throw .unit }
    let (product, isTooLarge) = count.multipliedReportingOverflow(by: unit.size)
    guard !isTooLarge else { throw .tooLarge }
    guard product.isMultiple(of: size) else { throw .fraction }
    return product / size
  }

  /// What a sentence about a setting's range ends with.
  func ending(_ flaw: Flaw) -> String {
    switch flaw {
    case .noNumber: ""
    case .unit: ", in \(rawValue), or with a unit right behind it: \(unitNames)"
    case .fraction: ", in \(rawValue), and no part of one"
    case .tooLarge: ", in \(rawValue)"
    }
  }

  private var unitNames: String {
    self == .bytes
      ? "KB, MB, GB or TB, of 1000 each, KiB, MiB, GiB or TiB, of 1024 each" : "ms, s, m, h or d"
  }
}
