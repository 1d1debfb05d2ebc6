internal import Formats

/// An address on the inspector's own site: a path and, behind it, fields of a query. What is put in is encoded, so that
/// a route's name or a sender's id stays one part of it.
struct PageAddress: Sendable, Equatable {
  private(set) var text: String

  /// - Parameters:
  ///   - segments: of the path; none are the overview.
  ///   - query: fields without a value stay out.
  init(_ segments: String..., query: [(name: String, value: String?)] = []) {
    text = "/" + segments.map(Self.encoded).joined(separator: "/")
    let fields = query.compactMap { field in
      field.value.flatMap { $0.isEmpty ? nil : "\(Self.encoded(field.name))=\(Self.encoded($0))" }
    }
    if !fields.isEmpty { text += "?" + fields.joined(separator: "&") }
  }

  /// RFC 3986: all but unreserved characters.
  private static func encoded(_ text: String) -> String {
    var encoded = ""
    for byte in text.utf8 {
      if byte.isASCIILetter || byte.isASCIIDigit || "-._~".utf8.contains(byte) {
        encoded.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        encoded += "%" + Hex.encode([byte]).uppercased()
      }
    }
    return encoded
  }
}
