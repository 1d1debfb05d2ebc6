internal import Formats
internal import HTTP
internal import Signing

/// One reading of a header field as a signature: text that decodes to as many bytes as an HMAC has.
struct SignatureCandidate {
  /// In lower case.
  let header: String
  /// Between elements; nil where the whole value is one signature.
  let separator: Character?
  let prefix: String
  let encoding: SignatureLayout.Encoding
  let hash: Hash
  let digest: Digest

  static let fieldsMax = 128
  static let valueBytesMax = 4096
  static let elementsMax = 16
  static let candidatesMax = 128
  static let prefixBytesMax = 32

  /// `;` is known too: no setting takes it, but it can be named.
  static let separators: [Character?] = [nil, ",", " ", ";"]

  static func all(in headers: HeaderList) -> [SignatureCandidate] {
    var found: [SignatureCandidate] = []
    for index in 0..<min(headers.count, fieldsMax) where found.count < candidatesMax {
      headers.withField(index) { name, value in
        guard value.count <= valueBytesMax else { return }
        let header = String(decoding: name.map(\.asciiLowercased), as: UTF8.self)
        for separator in separators {
          read(value, header: header, separator: separator, into: &found)
        }
      }
    }
    return Array(found.prefix(candidatesMax))
  }

  private static func read(
    _ value: UnsafeRawBufferPointer, header: String, separator: Character?,
    into found: inout [SignatureCandidate]
  ) {
    guard let byte = separator?.asciiValue else {
      return read(element: value, header: header, separator: nil, into: &found)
    }
    var count = 0
    value.forEachElement(separator: byte) { element in
      read(element: element, header: header, separator: separator, into: &found)
      count += 1
      return count < elementsMax
    }
  }

  /// The element as a whole, and what stands behind its first `=`, `,` or `:`.
  private static func read(
    element: UnsafeRawBufferPointer, header: String, separator: Character?,
    into found: inout [SignatureCandidate]
  ) {
    var starts = [0]
    for mark in "=,:".utf8 {
      if let index = element.firstIndex(of: mark), index < prefixBytesMax { starts.append(index + 1) }
    }
    for start in starts {
      let digits = UnsafeRawBufferPointer(rebasing: element[start...])
      let prefix = element[..<start]
      guard prefix.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { continue }
      guard let (encoding, digest) = decode(digits), let hash = Hash(digestBytes: digest.count) else {
        continue
      }
      found.append(
        SignatureCandidate(
          header: header, separator: separator, prefix: String(decoding: prefix, as: UTF8.self),
          encoding: encoding, hash: hash, digest: digest))
    }
  }

  /// The encodings do not overlap at these lengths, but for text that both alphabets of base64 share.
  private static func decode(
    _ text: UnsafeRawBufferPointer
  ) -> (SignatureLayout.Encoding, Digest)? {
    for encoding in SignatureLayout.Encoding.allCases {
      var digest = Digest()
      let isWhole =
        switch encoding {
        case .hex: Hex.decode(text) { digest.append($0) }
        case .base64: Base64.decode(text, alphabet: .standard) { digest.append($0) }
        case .base64url: Base64.decode(text, alphabet: .url) { digest.append($0) }
        }
      if isWhole, Hash(digestBytes: digest.count) != nil { return (encoding, digest) }
    }
    return nil
  }

  /// Names of fields that hold as many bytes as an HMAC of a hash that the gateway does not take: SHA-1.
  static func shortOnes(in headers: HeaderList) -> [String] {
    var names: [String] = []
    for (name, value) in headers.textFields.prefix(fieldsMax) where value.utf8.count <= 128 {
      let text = Array((value.split(separator: "=").last ?? "").utf8)
      var count = 0
      let isHex = text.withUnsafeBytes { bytes in
        Hex.decode(bytes) { _ in
          count += 1
          return true
        }
      }
      if isHex, count == 20 { names.append(name.lowercased()) }
    }
    return names
  }
}

extension Hash {
  init?(digestBytes: Int) {
    guard let hash = Hash.allCases.first(where: { $0.digestBytes == digestBytes }) else { return nil }
    self = hash
  }
}
