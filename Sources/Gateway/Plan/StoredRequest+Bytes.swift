internal import Formats
internal import HTTP

// A version, three flags, two parts behind their lengths, and the fields. Numbers are of four bytes, the highest first.

extension StoredRequest {
  static let version: UInt8 = 1

  /// What a store keeps beside the method and the body.
  var head: [UInt8] {
    var bytes: [UInt8] = [Self.version, (hasBody ? 1 : 0) | (hasHost ? 2 : 0) | (isTest ? 4 : 0)]
    bytes.reserveCapacity(headers.wireBytes + 8 * headers.count + rest.count + query.count + 16)
    for part in [rest, query] { part.withUnsafeBytes { bytes.append(part: $0) } }
    bytes.append(number: headers.count)
    for index in headers.fields.indices {
      headers.withField(index) { name, value in
        bytes.append(part: name)
        bytes.append(part: value)
      }
    }
    return bytes
  }

  /// Reads a head to its last byte. It makes no more room than there are bytes.
  init(head: [UInt8], method: String, body: [UInt8]) throws(StoredRequestFault) {
    var reader = PartReader(head)
    guard try reader.byte() == Self.version else { throw .unknownVersion }
    let flags = try reader.byte()
    guard flags < 8 else { throw .malformed }
    var parts = Parts(
      method: Array(method.utf8), body: body, hasBody: flags & 1 != 0, hasHost: flags & 2 != 0,
      isTest: flags & 4 != 0)
    parts.rest = Array(try reader.part())
    parts.query = Array(try reader.part())
    parts.headers = try reader.headers()
    guard reader.isAtEnd else { throw .malformed }
    try self.init(parts)
  }
}

/// Takes numbers and parts off the front of some bytes.
struct PartReader {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) { rest = bytes[...] }

  var isAtEnd: Bool { rest.isEmpty }
  /// What has not been taken.
  var left: ArraySlice<UInt8> { rest }

  mutating func byte() throws(StoredRequestFault) -> UInt8 {
    guard let byte = rest.popFirst() else { throw .malformed }
    return byte
  }

  mutating func number() throws(StoredRequestFault) -> Int {
    var number = 0
    for _ in 0..<4 { number = number << 8 | Int(try byte()) }
    return number
  }

  mutating func part() throws(StoredRequestFault) -> ArraySlice<UInt8> {
    let count = try number()
    guard count <= rest.count else { throw .malformed }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }

  mutating func headers() throws(StoredRequestFault) -> HeaderList {
    var headers = HeaderList()
    for _ in 0..<(try number()) {
      let (name, value) = (try part(), try part())
      guard headers.wireBytes + name.count + value.count <= StoredRequest.headerBytesMax else {
        throw .tooLarge
      }
      name.withUnsafeBytes { name in value.withUnsafeBytes { headers.append(name: name, value: $0) } }
    }
    return headers
  }
}

extension [UInt8] {
  fileprivate mutating func append(number: Int) {
    for shift in [24, 16, 8, 0] { append(UInt8(truncatingIfNeeded: number >> shift)) }
  }

  mutating func append(part: UnsafeRawBufferPointer) {
    append(number: part.count)
    append(contentsOf: part)
  }
}
