internal import Formats
public import HTTP

/// What a request's headers claim about its signature: everything that is needed to check it but the body.
/// It exists only where all of it is well-formed.
public struct SignatureClaim: Sendable {
  /// More signatures than these in one header are nobody's rotation.
  public static let signaturesMax = 16

  /// The decoded signatures, each of the hash's length.
  public let signatures: [Digest]
  /// The signed bytes ahead of the body and behind it.
  let before: [UInt8]
  let behind: [UInt8]
  /// When the sender signed, Unix milliseconds; nil where the layout signs no timestamp.
  public let signedAtUnixMilliseconds: Int64?
}

/// The bytes that are signed beside a body, as they came; nil where the layout signs none.
public struct SignedParts: Sendable {
  public var id: [UInt8]?
  public var timestamp: [UInt8]?

  public init() {}
}

/// A layout made ready to read claims: names as bytes, so that nothing is converted per request.
public final class ClaimReader: Sendable {
  private let layout: SignatureLayout
  private let headerName: [UInt8]
  private let prefix: [UInt8]
  private let separator: UInt8?
  private let timestamp: ValueReader
  private let id: ValueReader

  public init(_ layout: SignatureLayout) {
    self.layout = layout
    headerName = Array(layout.header.utf8)
    prefix = Array(layout.prefix.utf8)
    separator = layout.listSeparator?.asciiValue
    timestamp = ValueReader(
      layout.timestampSource, isSigned: layout.signed.contains(.timestamp), missing: .timestampMissing,
      repeated: .timestampRepeated)
    id = ValueReader(
      layout.idSource, isSigned: layout.signed.contains(.id), missing: .idMissing, repeated: .idRepeated)
  }

  /// Reads the claim; throws what is missing, repeated or malformed. No HMAC is computed here.
  public func read(_ headers: HeaderList) throws(Unverified) -> SignatureClaim {
    let signatureIndex: Int
    switch headers.occurrence(of: headerName) {
    case .absent: throw .signatureMissing
    case .repeated: throw .signatureRepeated
    case .once(let index): signatureIndex = index
    }
    let signatures = headers.withField(signatureIndex) { decodeSignatures($1) }
    guard let signatures, !signatures.isEmpty else { throw .signatureMalformed }
    let timestamp = try self.timestamp.find(headers, signatureIndex: signatureIndex, separator: separator)
    let id = try self.id.find(headers, signatureIndex: signatureIndex, separator: separator)
    if let id, !id.with(headers, { SignedValue.isID($0) }) { throw .idMalformed }
    let signedAt = try timestamp.map { place throws(Unverified) in try instant(place, headers) }
    let (before, behind) = surroundings(headers, timestamp: timestamp, id: id)
    return SignatureClaim(
      signatures: signatures, before: before, behind: behind, signedAtUnixMilliseconds: signedAt)
  }

  /// What is signed beside the body, of headers that `read` takes.
  public func parts(_ headers: HeaderList) -> SignedParts {
    guard case .once(let index) = headers.occurrence(of: headerName) else { return SignedParts() }
    var parts = SignedParts()
    for (reader, part) in [(id, \SignedParts.id), (timestamp, \SignedParts.timestamp)] {
      let place = try? reader.find(headers, signatureIndex: index, separator: separator)
      parts[keyPath: part] = place?.with(headers) { Array($0) }
    }
    return parts
  }

  private func instant(_ place: ValuePlace, _ headers: HeaderList) throws(Unverified) -> Int64 {
    let value = place.with(headers) {
      SignedValue.unixMilliseconds($0, unit: layout.timestampUnit, digits: layout.timestampDigits)
    }
    guard let value else { throw .timestampMalformed }
    return value
  }

  /// The signed template with its values filled in, cut where the body stands.
  private func surroundings(
    _ headers: HeaderList, timestamp: ValuePlace?, id: ValuePlace?
  ) -> (before: [UInt8], behind: [UInt8]) {
    var before: [UInt8] = []
    var behind: [UInt8] = []
    before.reserveCapacity(64)
    var bodySeen = false
    func put(_ bytes: UnsafeRawBufferPointer) {
      if bodySeen { behind.append(contentsOf: bytes) } else { before.append(contentsOf: bytes) }
    }
    for part in layout.signed.parts {
      switch part {
      case .literal(let bytes): bytes.withUnsafeBytes { put($0) }
      case .timestamp: timestamp?.with(headers) { put($0) }
      case .id: id?.with(headers) { put($0) }
      case .body: bodySeen = true
      }
    }
    return (before, behind)
  }

  /// The signatures in the header's value; nil when there are too many to be honest.
  private func decodeSignatures(_ value: UnsafeRawBufferPointer) -> [Digest]? {
    guard let separator else { return decode(value).map { [$0] } }
    var signatures: [Digest] = []
    var elements = 0
    value.forEachElement(separator: separator) { element in
      elements += 1
      if let digest = decode(element) { signatures.append(digest) }
      return elements <= SignatureClaim.signaturesMax
    }
    return elements > SignatureClaim.signaturesMax ? nil : signatures
  }

  /// One signature: prefix, then digits that decode to exactly the hash's length.
  private func decode(_ text: UnsafeRawBufferPointer) -> Digest? {
    guard text.hasPrefix(prefix) else { return nil }
    let digits = UnsafeRawBufferPointer(rebasing: text[prefix.count...])
    var digest = Digest()
    let isWhole =
      switch layout.encoding {
      case .hex: Hex.decode(digits) { digest.append($0) }
      case .base64: Base64.decode(digits, alphabet: .standard) { digest.append($0) }
      case .base64url: Base64.decode(digits, alphabet: .url) { digest.append($0) }
      }
    return isWhole && digest.count == layout.hash.digestBytes ? digest : nil
  }
}

/// Where a value stands that is signed along with the body.
private struct ValuePlace {
  let field: Int
  let range: Range<Int>

  func with<Result>(_ headers: HeaderList, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    headers.withField(field) { _, value in body(UnsafeRawBufferPointer(rebasing: value[range])) }
  }
}

/// Finds a value that is signed along with the body, wherever the layout puts it.
private struct ValueReader: Sendable {
  private enum Place: Sendable {
    case none
    case header([UInt8])
    /// The key with its equals sign.
    case element([UInt8])
  }

  private let place: Place
  private let missing: Unverified
  private let repeated: Unverified

  init(
    _ source: SignatureLayout.Source, isSigned: Bool, missing: Unverified, repeated: Unverified
  ) {
    // A value that is not under the HMAC proves nothing, so it is not looked at.
    switch source {
    case .header(let name) where isSigned: place = .header(Array(name.utf8))
    case .key(let key) where isSigned: place = .element(Array((key + "=").utf8))
    default: place = .none
    }
    self.missing = missing
    self.repeated = repeated
  }

  func find(
    _ headers: HeaderList, signatureIndex: Int, separator: UInt8?
  ) throws(Unverified) -> ValuePlace? {
    switch place {
    case .none:
      return nil
    case .header(let name):
      switch headers.occurrence(of: name) {
      case .absent: throw missing
      case .repeated: throw repeated
      case .once(let index):
        return ValuePlace(field: index, range: headers.withField(index) { 0..<$1.count })
      }
    case .element(let key):
      let (found, isRepeated) = headers.withField(signatureIndex) {
        element($1, key: key, separator: separator)
      }
      guard let found else { throw missing }
      guard !isRepeated else { throw repeated }
      return ValuePlace(field: signatureIndex, range: found)
    }
  }

  /// The value of the element with this key, and whether there is a second one: two are as bad as ten.
  private func element(
    _ value: UnsafeRawBufferPointer, key: [UInt8], separator: UInt8?
  ) -> (found: Range<Int>?, isRepeated: Bool) {
    var found: Range<Int>?
    var isRepeated = false
    value.forEachElement(separator: separator ?? UInt8(ascii: ",")) { element in
      guard element.hasPrefix(key), let start = value.offset(of: element) else { return true }
      isRepeated = found != nil
      found = found ?? start + key.count..<start + element.count
      return !isRepeated
    }
    return (found, isRepeated)
  }
}

extension UnsafeRawBufferPointer {
  /// Where a part of it begins.
  fileprivate func offset(of part: UnsafeRawBufferPointer) -> Int? {
    guard let base = baseAddress, let start = part.baseAddress else { return nil }
    return start - base
  }
}
