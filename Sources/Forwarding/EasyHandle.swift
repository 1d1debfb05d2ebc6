internal import CCurl
internal import CLinux
internal import Gateway

/// One libcurl easy handle, set up once for its upstream. Only what differs from delivery to delivery is
/// set again.
final class EasyHandle {
  let raw: UnsafeMutableRawPointer
  private let url: OpaquePointer
  private let errorText: UnsafeMutablePointer<CChar>
  private let silenced: UnsafeMutablePointer<curl_slist>?
  private let silencedWithLength: UnsafeMutablePointer<curl_slist>?
  private let isTLS: Bool
  private var shape = Shape.none
  private var isWatchingForExcess = false
  private var isReuseForbidden = false

  /// Which kind of request the handle is set to: changing it takes several options.
  private enum Shape: Equatable {
    case none
    case body(method: String)
    /// libcurl asks for the body when the head is away, and does not know how long it is.
    case askedBody(method: String)
    case bodiless(method: String)
  }

  /// Nil when libcurl cannot take the upstream's settings: a missing CA file shows at the first attempt.
  init?(upstream: Upstream, times: ForwardTimes) {
    guard let raw = curl_easy_init() else { return nil }
    guard let url = EasyHandle.makeURL(upstream) else {
      curl_easy_cleanup(raw)
      return nil
    }
    self.raw = raw
    self.url = url
    errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
    errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    silenced = HeadText.silenced.reduce(nil) { curl_slist_append($0, $1) }
    silencedWithLength = HeadText.silencedWithLength.reduce(nil) { curl_slist_append($0, $1) }
    isTLS = upstream.isTLS
    setConstants(upstream, times)
    setTLS(upstream.tls)
  }

  deinit {
    curl_easy_cleanup(raw)
    curl_url_cleanup(url)
    curl_slist_free_all(silenced)
    curl_slist_free_all(silencedWithLength)
    errorText.deallocate()
  }

  private static func makeURL(_ upstream: Upstream) -> OpaquePointer? {
    guard let url = curl_url() else { return nil }
    let scheme = upstream.isTLS ? "https" : "http"
    let parts: [(CURLUPart, String)] = [
      (CURLUPART_SCHEME, scheme), (CURLUPART_HOST, upstream.host),
      (CURLUPART_PORT, String(upstream.port)), (CURLUPART_PATH, "/"),
    ]
    for (part, text) in parts where curl_url_set(url, part, text, 0) != CURLUE_OK {
      curl_url_cleanup(url)
      return nil
    }
    return url
  }

  /// Everything that could lead a delivery elsewhere than to its upstream, or add to it, is off.
  private func setConstants(_ upstream: Upstream, _ times: ForwardTimes) {
    vg_set_pointer(raw, CURLOPT_CURLU, UnsafeRawPointer(url))
    vg_set_pointer(raw, CURLOPT_ERRORBUFFER, errorText)
    if let path = upstream.unixSocketPath { vg_set_string(raw, CURLOPT_UNIX_SOCKET_PATH, path) }
    vg_confine(raw)
    vg_set_long(raw, CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
    // Else giving up a name that does not resolve waits for the resolver's thread, and the loop with it.
    vg_set_long(raw, CURLOPT_QUICK_EXIT, 1)
    vg_set_long(raw, CURLOPT_TCP_NODELAY, 1)
    vg_set_long(raw, CURLOPT_CONNECTTIMEOUT_MS, times.connectSecondsMax * 1000)
    vg_set_long(raw, CURLOPT_MAXAGE_CONN, times.upstreamIdleSecondsMax)
    // Under TLS bodies above 64 KiB leave in fewer, larger writes; else it is for the odd rest (`Upload`).
    vg_set_long(raw, CURLOPT_UPLOAD_BUFFERSIZE, upstream.isTLS ? 262_144 : 16_384)
  }

  private func setTLS(_ tls: TLSOptions) {
    if let file = tls.caFile { vg_set_string(raw, CURLOPT_CAINFO, file) }
    if let file = tls.certificateFile { vg_set_string(raw, CURLOPT_SSLCERT, file) }
    if let file = tls.keyFile { vg_set_string(raw, CURLOPT_SSLKEY, file) }
    let version = tls.versionMin == .tls13 ? Int(CURL_SSLVERSION_TLSv1_3) : Int(CURL_SSLVERSION_TLSv1_2)
    vg_set_long(raw, CURLOPT_SSLVERSION, version)
  }

  /// Sets what differs from delivery to delivery. The body is not copied and must outlive it; the head is,
  /// and goes out as it is, its target never normalised.
  ///
  /// - Returns: false where libcurl had no memory for the head; what it would send then is not ours.
  func prepare(_ request: ForwardRequest, head: UnsafePointer<CChar>, remainingMilliseconds: Int) -> Bool {
    errorText.pointee = 0
    stopWatchingForExcess()
    allowReuse()
    let isHeadSet = vg_set_string(raw, CURLOPT_REQUEST_TARGET, head) == CURLE_OK
    vg_set_long(raw, CURLOPT_TIMEOUT_MS, remainingMilliseconds)
    if asksForBody(request) {
      setShape(.askedBody(method: request.method))
    } else if request.hasBody {
      setShape(.body(method: request.method))
      let bytes = request.body.bytes
      vg_set_offset(raw, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes.count))
      // An absent pointer would make libcurl ask a read callback.
      vg_set_pointer(raw, CURLOPT_POSTFIELDS, bytes.baseAddress ?? UnsafeRawPointer(errorText))
    } else {
      setShape(.bodiless(method: request.method))
    }
    return isHeadSet
  }

  /// Whether `Upload` sends the body: what is shorter libcurl sends with the head in one piece, and what goes
  /// through TLS only libcurl can send.
  func asksForBody(_ request: ForwardRequest) -> Bool {
    !isTLS && request.hasBody && request.body.count >= EasyHandle.sentAtOnceBytesMax
  }

  private func setShape(_ wanted: Shape) {
    guard shape != wanted else { return }
    shape = wanted
    vg_set_pointer(raw, CURLOPT_CUSTOMREQUEST, nil)
    vg_set_pointer(raw, CURLOPT_HTTPHEADER, silenced)
    switch wanted {
    case .none: break
    case .body(let method):
      vg_set_long(raw, CURLOPT_POST, 1)
      if method != "POST" { vg_set_string(raw, CURLOPT_CUSTOMREQUEST, method) }
    case .askedBody(let method):
      vg_set_pointer(raw, CURLOPT_HTTPHEADER, silencedWithLength)
      vg_set_long(raw, CURLOPT_POST, 1)
      vg_set_pointer(raw, CURLOPT_POSTFIELDS, nil)
      vg_set_offset(raw, CURLOPT_POSTFIELDSIZE_LARGE, -1)
      if method != "POST" { vg_set_string(raw, CURLOPT_CUSTOMREQUEST, method) }
    case .bodiless(let method):
      vg_set_long(raw, CURLOPT_NOBODY, 0)
      vg_set_long(raw, CURLOPT_HTTPGET, 1)
      if method == "HEAD" { vg_set_long(raw, CURLOPT_NOBODY, 1) }
      if method != "GET", method != "HEAD" { vg_set_string(raw, CURLOPT_CUSTOMREQUEST, method) }
    }
  }

  // MARK: Bytes behind an answer

  /// libcurl 7.88 closes a connection on which more came than a Content-Length said, but throws away what
  /// stands behind a last chunk, or behind a 204, and uses the connection again. It does remark on it.
  func watchForExcess() {
    isWatchingForExcess = true
    vg_set_long(raw, CURLOPT_VERBOSE, 1)
  }

  /// Takes one of libcurl's remarks.
  func heard(_ remark: UnsafeRawBufferPointer) {
    guard remark.hasPrefix(EasyHandle.excess) || remark.hasPrefix(EasyHandle.leftovers) else { return }
    forbidReuse()
  }

  private static let excess = Array("Excess found".utf8)
  private static let leftovers = Array("Leftovers after chunking".utf8)

  private func stopWatchingForExcess() {
    guard isWatchingForExcess else { return }
    isWatchingForExcess = false
    vg_set_long(raw, CURLOPT_VERBOSE, 0)
  }

  // MARK: Whether the connection may serve another delivery

  /// Bodies up to this are as good as sent when they are written: the other side's kernel has room for them.
  static let sentAtOnceBytesMax = 65_536

  /// An upstream that answers before it has the whole body may never read the rest, and what is written behind
  /// it would wait there. What its kernel has taken already cannot be told from what it has read.
  ///
  /// - Parameter ownBytes: what of the body the kernel did not get by libcurl.
  func answerBegins(bodyBytes: Int, ownBytes: Int, on socket: CInt) {
    guard bodyBytes > EasyHandle.sentAtOnceBytesMax else { return }
    let sent = Int(vg_bytes_uploaded(raw)) + ownBytes
    if sent < bodyBytes || vg_unacknowledged(socket) != 0 { forbidReuse() }
  }

  private func forbidReuse() {
    isReuseForbidden = true
    vg_set_long(raw, CURLOPT_FORBID_REUSE, 1)
  }

  private func allowReuse() {
    guard isReuseForbidden else { return }
    isReuseForbidden = false
    vg_set_long(raw, CURLOPT_FORBID_REUSE, 0)
  }

  /// libcurl's sentence for what went wrong.
  func message(for code: CURLcode) -> String {
    errorText.pointee == 0 ? String(cString: curl_easy_strerror(code)) : String(cString: errorText)
  }
}
