/// Writes Prometheus' text format, version 0.0.4.
struct Exposition {
  /// Labels as they stand between the braces, escaped once and written many times.
  struct Labels {
    let bytes: [UInt8]

    init(_ pairs: (name: String, value: String)...) {
      bytes = Array(pairs.map { "\($0.name)=\"\(Labels.escaped($0.value))\"" }.joined(separator: ",").utf8)
    }

    static let none = Labels()

    /// Backslash, quotation mark and line feed are escaped. Names of routes and upstreams come from the
    /// configuration, which lets no control character in.
    static func escaped(_ text: String) -> String {
      guard text.utf8.contains(where: { $0 == 0x5C || $0 == 0x22 || $0 == 0x0A }) else { return text }
      return text.reduce(into: "") { escaped, character in
        switch character {
        case "\\": escaped += "\\\\"
        case "\"": escaped += "\\\""
        case "\n": escaped += "\\n"
        default: escaped.append(character)
        }
      }
    }
  }

  private(set) var bytes: [UInt8] = []
  private var name: [UInt8] = []

  init() { bytes.reserveCapacity(65_536) }

  /// Begins a family: the samples that follow are its own.
  mutating func begin(_ family: MetricFamily) {
    name = Array(family.name.utf8)
    bytes += "# HELP \(family.name) \(family.help)\n# TYPE \(family.name) \(family.kind.rawValue)\n".utf8
  }

  mutating func sample(_ labels: Labels = .none, _ value: some BinaryInteger) {
    start(labels)
    append(Int64(clamping: value), behind: 0)
  }

  mutating func sample(_ labels: Labels = .none, _ value: Bool) { sample(labels, value ? 1 : 0) }

  /// A number of units of which `perSecond` make a second.
  mutating func seconds(_ labels: Labels = .none, _ units: Int64, perSecond: Int64) {
    start(labels)
    append(units, behind: Exposition.digits(perSecond))
  }

  /// An instant in Unix milliseconds.
  mutating func instant(_ labels: Labels = .none, _ milliseconds: Int64) {
    seconds(labels, milliseconds, perSecond: 1000)
  }

  mutating func histogram(_ labels: Labels, _ histogram: Histogram) {
    var count: UInt64 = 0
    for (index, bucket) in histogram.counts.enumerated() {
      count &+= bucket
      let bounds = histogram.buckets.labels
      bytes += name
      bytes += "_bucket{".utf8
      bytes += labels.bytes
      bytes += (labels.bytes.isEmpty ? "le=\"" : ",le=\"").utf8
      bytes += (index < bounds.count ? bounds[index] : "+Inf").utf8
      bytes += "\"} ".utf8
      append(Int64(clamping: count), behind: 0)
    }
    start(labels, suffix: "_sum")
    append(histogram.sum, behind: Exposition.digits(histogram.buckets.unitsPerSecond))
    start(labels, suffix: "_count")
    append(Int64(clamping: count), behind: 0)
  }

  private mutating func start(_ labels: Labels, suffix: String = "") {
    bytes += name
    bytes += suffix.utf8
    if !labels.bytes.isEmpty {
      bytes.append(UInt8(ascii: "{"))
      bytes += labels.bytes
      bytes.append(UInt8(ascii: "}"))
    }
    bytes.append(UInt8(ascii: " "))
  }

  private static func digits(_ perSecond: Int64) -> Int { perSecond == 1 ? 0 : perSecond == 1000 ? 3 : 9 }

  /// A decimal number with its point before the last `behind` digits, and the line's end.
  private mutating func append(_ value: Int64, behind: Int) {
    if value < 0 { bytes.append(UInt8(ascii: "-")) }
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 24) { digits in
      var start = digits.count
      var rest = value.magnitude
      var written = 0
      repeat {
        if written == behind, behind > 0 {
          start -= 1
          digits[start] = UInt8(ascii: ".")
        }
        start -= 1
        digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
        written += 1
      } while rest > 0 || written <= behind
      bytes.append(contentsOf: UnsafeBufferPointer(rebasing: digits[start...]))
    }
    bytes.append(UInt8(ascii: "\n"))
  }
}
