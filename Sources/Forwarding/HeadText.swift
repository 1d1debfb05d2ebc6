internal import CCurl
internal import Gateway

/// One delivery's request target, version and header section as a C string, in memory that is used again.
///
/// libcurl formats header fields byte by byte, about a hundred instructions for each, and looks through
/// their list for every name that it knows. The request target it copies as it is, line ends included. So
/// all of the head goes out behind the target, and libcurl's own version ends the last of our fields:
///
///     POST [/hook HTTP/1.1 CRLF Host: app CRLF X-Verified: true CRLF ... X-Forwarded-As:] HTTP/1.1 CRLF
///     Content-Length: 12 CRLF CRLF
final class HeadText {
  /// What libcurl adds to method and text: a blank, its version, two line ends. The text ends in NUL.
  static let addedBytes = " ".utf8.count + " HTTP/1.1\r\n\r\n".utf8.count - 1

  /// For `CURLOPT_HTTPHEADER`: a name with nothing behind it keeps libcurl from saying the field itself.
  /// After an `Expect` of its own, above 1 MiB, it would wait a second for `100 Continue`.
  static let silenced = ["Host:", "Accept:", "Content-Type:", "Expect:"]
  /// Where the head says the body's length itself: libcurl does not know it, and would send chunks.
  static let silencedWithLength = silenced + ["Content-Length:", "Transfer-Encoding:"]

  private let host: [UInt8]
  private var text: UnsafeMutableRawPointer = .allocate(byteCount: 4096, alignment: 8)
  private var capacity = 4096
  private(set) var count = 0

  init(upstream: Upstream) { host = Array(HeadText.authority(of: upstream).utf8) }

  deinit { text.deallocate() }

  /// RFC 9110, section 7.2: the port is left out where it is the scheme's own.
  private static func authority(of upstream: Upstream) -> String {
    upstream.port == (upstream.isTLS ? 443 : 80) ? upstream.host : "\(upstream.host):\(upstream.port)"
  }

  /// The text is valid until the next call. Names and values were validated when they were read, and so was
  /// the target: no CR, LF or NUL can be in them.
  func build(
    _ request: ForwardRequest, target: [UInt8], saysLength: Bool = false
  ) -> UnsafePointer<CChar> {
    let headers = request.headers
    makeRoom(target.count + host.count + headers.wireBytes + 96)
    target.withUnsafeBytes { put($0) }
    put(" HTTP/1.1\r\n")
    if !request.hasHost {
      put("Host: ")
      host.withUnsafeBytes { put($0) }
      put("\r\n")
    }
    for index in 0..<headers.count {
      headers.withField(index) { name, value in
        put(name)
        put(value.isEmpty ? ":" : ": ")
        put(value)
      }
      put("\r\n")
    }
    if saysLength { putLength(request.body.count) }
    put("X-Forwarded-As:\0")
    return UnsafePointer(text.assumingMemoryBound(to: CChar.self))
  }

  private func putLength(_ bytes: Int) {
    put("Content-Length: ")
    var digits = String(bytes)
    digits.withUTF8 { put(UnsafeRawBufferPointer($0)) }
    put("\r\n")
  }

  @inline(__always)
  private func put(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress else { return }
    text.advanced(by: count).copyMemory(from: source, byteCount: bytes.count)
    count += bytes.count
  }

  @inline(__always)
  private func put(_ text: StaticString) {
    put(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  private func makeRoom(_ bytes: Int) {
    count = 0
    guard bytes > capacity else { return }
    text.deallocate()
    capacity = 2 * bytes
    text = .allocate(byteCount: capacity, alignment: 8)
  }
}
