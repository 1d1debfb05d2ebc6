/// The fields that are for one connection alone, or said anew for the next one, of requests and of answers alike
/// (RFC 9110, section 7.6.1).
enum ConnectionField {
  case connection
  case contentLength
  case transferEncoding
  /// Nothing is read from it.
  case other

  /// Nil for any other field. Lengths tell names apart first: most are none of these.
  @inline(__always)
  init?(_ name: UnsafeRawBufferPointer) {
    switch name.count {
    case 2 where name.equalsIgnoringCase("te"): self = .other
    case 7 where name.equalsIgnoringCase("trailer") || name.equalsIgnoringCase("upgrade"): self = .other
    case 10 where name.equalsIgnoringCase("connection"): self = .connection
    case 10 where name.equalsIgnoringCase("keep-alive"): self = .other
    case 14 where name.equalsIgnoringCase("content-length"): self = .contentLength
    case 16 where name.equalsIgnoringCase("proxy-connection"): self = .other
    case 17 where name.equalsIgnoringCase("transfer-encoding"): self = .transferEncoding
    default: return nil
    }
  }
}
