internal import CCurl
internal import Gateway

/// One libcurl easy handle that opens one connection to its upstream. Where it is secured, it carries the bytes too.
final class ConnectHandle {
  let raw: UnsafeMutableRawPointer
  let upstream: Upstream
  /// What the kernel said when it gave no socket, 0 where it gave one. libcurl does not pass it on.
  var socketRefusal: CInt = 0
  private let sessions: TLSSessions?
  private let url: OpaquePointer
  private let errorText: UnsafeMutablePointer<CChar>

  /// Nil where libcurl has no memory, or cannot take the upstream's settings.
  init?(upstream: Upstream, sessions: TLSSessions?, milliseconds: Int) {
    guard let raw = curl_easy_init() else { return nil }
    guard let url = ConnectHandle.makeURL(upstream) else {
      curl_easy_cleanup(raw)
      return nil
    }
    self.raw = raw
    self.upstream = upstream
    self.sessions = sessions
    self.url = url
    errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
    errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    setConstants(upstream, milliseconds: milliseconds)
    setTLS(upstream.tls)
    sessions?.serve(raw)
  }

  deinit {
    curl_easy_cleanup(raw)
    curl_url_cleanup(url)
    errorText.deallocate()
  }

  private static func makeURL(_ upstream: Upstream) -> OpaquePointer? {
    guard let url = curl_url() else { return nil }
    let parts: [(CURLUPart, String)] = [
      (CURLUPART_SCHEME, upstream.isTLS ? "https" : "http"), (CURLUPART_HOST, upstream.host),
      (CURLUPART_PORT, String(upstream.port)), (CURLUPART_PATH, "/"),
    ]
    for (part, text) in parts where curl_url_set(url, part, text, 0) != CURLUE_OK {
      curl_url_cleanup(url)
      return nil
    }
    return url
  }

  /// Everything that could lead a connection elsewhere than to its upstream is off.
  private func setConstants(_ upstream: Upstream, milliseconds: Int) {
    vg_set_pointer(raw, CURLOPT_CURLU, UnsafeRawPointer(url))
    vg_set_pointer(raw, CURLOPT_ERRORBUFFER, errorText)
    if let path = upstream.unixSocketPath { vg_set_string(raw, CURLOPT_UNIX_SOCKET_PATH, path) }
    vg_confine(raw)
    vg_set_long(raw, CURLOPT_CONNECT_ONLY, 1)
    vg_set_long(raw, CURLOPT_FRESH_CONNECT, 1)
    // The pool here is ours; libcurl's own would close what has been open for two minutes.
    vg_set_long(raw, CURLOPT_MAXAGE_CONN, Int(Int32.max))
    // Else giving up a name that does not resolve waits for the resolver's thread, and the loop with it.
    vg_set_long(raw, CURLOPT_QUICK_EXIT, 1)
    vg_set_long(raw, CURLOPT_TCP_NODELAY, 1)
    vg_set_long(raw, CURLOPT_CONNECTTIMEOUT_MS, milliseconds)
  }

  private func setTLS(_ tls: TLSOptions) {
    if let file = tls.caFile { vg_set_authority(raw, file) }
    // A key that was replaced by an encrypted one must not have OpenSSL ask at a terminal.
    vg_set_string(raw, CURLOPT_KEYPASSWD, "")
    if let file = tls.certificateFile { vg_set_string(raw, CURLOPT_SSLCERT, file) }
    if let file = tls.keyFile { vg_set_string(raw, CURLOPT_SSLKEY, file) }
    let version = tls.versionMin == .tls13 ? Int(CURL_SSLVERSION_TLSv1_3) : Int(CURL_SSLVERSION_TLSv1_2)
    vg_set_long(raw, CURLOPT_SSLVERSION, version)
  }

  /// libcurl's sentence for what went wrong.
  func message(for code: CURLcode) -> String {
    errorText.pointee == 0 ? String(cString: curl_easy_strerror(code)) : String(cString: errorText)
  }
}
