internal import CCurl
internal import Glibc

/// One blocking HTTP call with the same libcurl settings as forwarding: for commands, not for the daemon.
public struct CurlCall: Sendable {
  /// What a URL may begin with.
  public enum Schemes: Sendable {
    case httpAndHTTPS
    /// Plain HTTP only where nobody can listen in: to a loopback address, judged by the address that was
    /// really connected to, or over a unix socket.
    case httpsUnlessLocal
  }

  /// What came back, whatever its status.
  public struct Answer: Sendable {
    public let status: Int
    /// Status line and fields as they came, interim answers included.
    public let head: [UInt8]
    /// The only copy: whoever wipes it has wiped it.
    public var body: [UInt8]
  }

  /// Why there is no whole answer.
  public struct Failure: Error, Sendable, CustomStringConvertible {
    /// libcurl's sentence.
    public let description: String
    /// False when it is sure that no byte of the request was sent: no connection, or no TLS on it.
    public let mayHaveLeft: Bool
  }

  public var url: String
  public var unixSocketPath: String?
  /// `Name: value` lines.
  public var headers: [String]
  /// For the whole call, connecting included.
  public var secondsMax: Int
  public var schemes = Schemes.httpAndHTTPS
  /// Trusted instead of the system's authorities.
  public var caFile: String?
  /// False takes any certificate: for a person who tries something, and says so.
  public var verifiesServer = true
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
  ///
  /// - Parameter privateHeaders: further `Name: value` lines. This call's own copies of them are wiped.
  public func post(
    _ body: UnsafeRawBufferPointer, privateHeaders: [[UInt8]] = []
  ) throws(Failure) -> Answer {
    try perform(headers + ["Expect:"], privateHeaders) { easy in
      vg_set_long(easy, CURLOPT_POST, 1)
      vg_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
      let empty: StaticString = ""
      vg_set_pointer(
        easy, CURLOPT_POSTFIELDS, body.baseAddress ?? UnsafeRawPointer(empty.utf8Start))
    }
  }

  /// Posts nothing at all: a length of 0, and no type.
  public func postNothing(privateHeaders: [[UInt8]] = []) throws(Failure) -> Answer {
    var call = self
    call.headers.append("Content-Type:")
    return try call.post(UnsafeRawBufferPointer(start: nil, count: 0), privateHeaders: privateHeaders)
  }

  /// Connects, with TLS where the URL asks for it, and sends nothing.
  public func reach() throws(Failure) {
    _ = try perform([], []) { vg_set_long($0, CURLOPT_CONNECT_ONLY, 1) }
  }

  private func perform(
    _ lines: [String], _ privateLines: [[UInt8]], method: (UnsafeMutableRawPointer) -> Void
  ) throws(Failure) -> Answer {
    guard let easy = curl_easy_init() else {
      throw Failure(description: "libcurl gave no handle", mayHaveLeft: false)
    }
    defer { curl_easy_cleanup(easy) }
    let sink = AnswerSink(bytesMax: answerBytesMax, isLocalOnly: isLocalOnly)
    let list = HeaderLines(lines, privateLines)
    setOptions(easy, sink)
    vg_set_pointer(easy, CURLOPT_HTTPHEADER, list.first)
    method(easy)
    let code = withExtendedLifetime((sink, list)) { curl_easy_perform(easy) }
    guard code == CURLE_OK else { throw Failure(description: sink.sentence(code), mayHaveLeft: sink.hasLeft) }
    return sink.takeAnswer()
  }

  /// Whether the call is plain HTTP that must not leave the machine.
  private var isLocalOnly: Bool {
    schemes == .httpsUnlessLocal && unixSocketPath == nil && !url.lowercased().hasPrefix("https://")
  }

  private func setOptions(_ easy: UnsafeMutableRawPointer, _ sink: AnswerSink) {
    vg_set_string(easy, CURLOPT_URL, url)
    if let unixSocketPath { vg_set_string(easy, CURLOPT_UNIX_SOCKET_PATH, unixSocketPath) }
    if let caFile { vg_set_authority(easy, caFile) }
    vg_set_long(easy, CURLOPT_TIMEOUT_MS, secondsMax * 1000)
    vg_confine(easy)
    if !verifiesServer {
      vg_set_long(easy, CURLOPT_SSL_VERIFYPEER, 0)
      vg_set_long(easy, CURLOPT_SSL_VERIFYHOST, 0)
    }
    vg_set_pointer(easy, CURLOPT_ERRORBUFFER, sink.errorText.baseAddress)
    let context = Unmanaged.passUnretained(sink).toOpaque()
    vg_set_prereq_function(easy, onCallReady, context)
    vg_set_header_function(easy, onCallHeader, context)
    vg_set_write_function(easy, onCallBody, context)
  }
}

/// libcurl calls it once connected, and through with TLS, before the request's first byte.
private func onCallReady(
  _ context: UnsafeMutableRawPointer?, _ remote: UnsafeMutablePointer<CChar>?,
  _ local: UnsafeMutablePointer<CChar>?, _ remotePort: Int32, _ localPort: Int32
) -> Int32 {
  let sink = Unmanaged<AnswerSink>.fromOpaque(context!).takeUnretainedValue()
  let address = remote.map { String(cString: $0) } ?? ""
  return sink.mayLeave(to: address) ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
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
