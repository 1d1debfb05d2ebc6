internal import Foundation

/// A head as it was on the wire, taken apart no further than into its lines.
public struct HeaderLines: Sendable {
  /// All of it, the empty line at its end included.
  public let bytes: [UInt8]
  /// Request or status line, and the header lines, without their ends.
  public let lines: [String]

  public init(_ bytes: [UInt8]) {
    self.bytes = bytes
    var lines = bytes.latin1Lines
    while lines.last == "" { lines.removeLast() }
    self.lines = lines
  }

  public var first: String { lines.first ?? "" }
  public var fields: [String] { Array(lines.dropFirst()) }

  /// The values of all fields of this name, in order, whatever the case.
  public func values(_ name: String) -> [String] {
    fields.compactMap { line in
      guard let colon = line.firstIndex(of: ":"), line[..<colon].lowercased() == name.lowercased() else {
        return nil
      }
      return String(line[line.index(after: colon)...].drop { $0 == " " })
    }
  }

  public func value(_ name: String) -> String? { values(name).first }

  public func has(_ name: String) -> Bool { !values(name).isEmpty }
}

extension [UInt8] {
  /// Every byte is a character (ISO 8859-1), so nothing is lost in a comparison.
  public var latin1: String { String(bytes: self, encoding: .isoLatin1)! }

  /// Split at CR LF, in bytes: CR LF is one `Character` of a string.
  var latin1Lines: [String] {
    var lines: [String] = []
    var start = 0
    while let end = firstIndex(of: [13, 10], from: start) {
      lines.append(Array(self[start..<end]).latin1)
      start = end + 2
    }
    return lines + [Array(self[start...]).latin1]
  }

  /// Where `other` begins in these bytes, from `start` on.
  public func firstIndex(of other: [UInt8], from start: Int = 0) -> Int? {
    guard !other.isEmpty else { return nil }
    // By the C library: nothing is optimised here, and every byte that tests exchange is looked at.
    return withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return nil }
      var index = start
      let last = count - other.count
      while index <= last {
        guard let first = memchr(base + index, Int32(other[0]), last - index + 1) else { return nil }
        index = UnsafeRawPointer(first) - base
        if memcmp(base + index, other, other.count) == 0 { return index }
        index += 1
      }
      return nil
    }
  }

  public func contains(_ text: String) -> Bool { firstIndex(of: Array(text.utf8)) != nil }
}
