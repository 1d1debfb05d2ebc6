internal import CCurl

/// One blocking HTTP call with the same libcurl settings as forwarding: for commands, not for the daemon.
public struct CurlCall: Sendable {
  public struct Answer: Sendable {
    public let status: Int
    /// Status line and fields as they came, interim answers included.
    public let head: [UInt8]
    public let body: [UInt8]
  }

  /// libcurl's sentence.
  public struct Failure: Error, Sendable, CustomStringConvertible {
    public let description: String
  }

  public var url: String
  public var unixSocketPath: String?
  /// `Name: value` lines.
  public var headers: [String]
  public var secondsMax: Int
  /// A longer answer is a failure.
  public var answerBytesMax = 16 * 1_048_576

  public init(url: String, unixSocketPath: String? = nil, headers: [String], secondsMax: Int) {
    self.url = url
    self.unixSocketPath = unixSocketPath
    self.headers = headers
    self.secondsMax = secondsMax
  }

  /// "libcurl/7.88.1 OpenSSL/3.0.x ..." as libcurl says it.
  public static var libraryVersion: String { String(cString: curl_version()) }

  /// Posts `body` and waits for the answer.
  public func post(_ body: UnsafeRawBufferPointer) throws(Failure) -> Answer {
    guard let easy = curl_easy_init() else { throw Failure(description: "libcurl gave no handle") }
    defer { curl_easy_cleanup(easy) }
    let sink = AnswerSink(bytesMax: answerBytesMax)
    var list: UnsafeMutablePointer<curl_slist>?
    for line in headers + ["Expect:"] { list = curl_slist_append(list, line) }
    defer { curl_slist_free_all(list) }
    setOptions(easy, sink, list)
    vg_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
    let empty: StaticString = ""
    vg_set_pointer(easy, CURLOPT_POSTFIELDS, body.baseAddress ?? UnsafeRawPointer(empty.utf8Start))
    let code = withExtendedLifetime(sink) { curl_easy_perform(easy) }
    guard code == CURLE_OK else { throw Failure(description: String(cString: curl_easy_strerror(code))) }
    return Answer(status: sink.status, head: sink.head, body: sink.body)
  }

  private func setOptions(
    _ easy: UnsafeMutableRawPointer, _ sink: AnswerSink, _ list: UnsafeMutablePointer<curl_slist>?
  ) {
    vg_set_string(easy, CURLOPT_URL, url)
    if let unixSocketPath { vg_set_string(easy, CURLOPT_UNIX_SOCKET_PATH, unixSocketPath) }
    vg_set_long(easy, CURLOPT_POST, 1)
    vg_set_pointer(easy, CURLOPT_HTTPHEADER, list)
    vg_set_long(easy, CURLOPT_TIMEOUT_MS, secondsMax * 1000)
    vg_set_long(easy, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
    vg_set_string(easy, CURLOPT_PROTOCOLS_STR, "http,https")
    vg_set_long(easy, CURLOPT_FOLLOWLOCATION, 0)
    vg_set_string(easy, CURLOPT_PROXY, "")
    vg_set_string(easy, CURLOPT_NOPROXY, "*")
    vg_set_long(easy, CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue))
    vg_set_long(easy, CURLOPT_NOSIGNAL, 1)
    vg_set_long(easy, CURLOPT_PATH_AS_IS, 1)
    let context = Unmanaged.passUnretained(sink).toOpaque()
    vg_set_header_function(easy, onCallHeader, context)
    vg_set_write_function(easy, onCallBody, context)
  }
}

/// What a call collects.
private final class AnswerSink {
  let bytesMax: Int
  var status = 0
  var head: [UInt8] = []
  var body: [UInt8] = []

  init(bytesMax: Int) { self.bytesMax = bytesMax }

  func takeHead(_ line: UnsafeRawBufferPointer) -> Bool {
    guard head.count + line.count <= bytesMax else { return false }
    head += line
    if line.count >= 12, line.starts(with: "HTTP/".utf8) {
      status = Int(String(decoding: line.dropFirst(9).prefix(3), as: UTF8.self)) ?? 0
    }
    return true
  }

  func takeBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard body.count + bytes.count <= bytesMax else { return false }
    body += bytes
    return true
  }
}

private func onCallHeader(
  _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
  let sink = Unmanaged<AnswerSink>.fromOpaque(context!).takeUnretainedValue()
  return sink.takeHead(UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
}

private func onCallBody(
  _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
  let sink = Unmanaged<AnswerSink>.fromOpaque(context!).takeUnretainedValue()
  return sink.takeBody(UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
}
