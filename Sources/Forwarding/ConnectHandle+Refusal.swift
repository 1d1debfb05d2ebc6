internal import CCurl
internal import CLinux
internal import Gateway
internal import Glibc

extension ConnectHandle {
  /// What is said of a connection that did not come about.
  func sentence(for code: CURLcode) -> String {
    if ConnectHandle.isOfFiles(code), let lack = ConnectHandle.refusalOfSocket(ConnectHandle.noDescriptor()) {
      return lack
    }
    let refused =
      code == CURLE_COULDNT_CONNECT ? ConnectHandle.refusalOfSocket(socketRefusal) ?? refusal : nil
    return refused ?? message(for: code)
  }

  /// What the kernel said when it refused to connect. Of a unix socket libcurl says nothing but the host and port
  /// that the URL had to have. Nil where the kernel was not asked.
  private var refusal: String? {
    let number = vg_system_error(raw)
    guard number != 0 else {
      return upstream.unixSocketPath.map {
        "\($0): no connection; the app does not accept those that wait there"
      }
    }
    let said = String(cString: strerror(number))
    guard let path = upstream.unixSocketPath else {
      return "\(message(for: CURLE_COULDNT_CONNECT)) (\(said))"
    }
    return "\(path): \(said)" + (ConnectHandle.hint(number, path).map { "; " + $0 } ?? "")
  }

  /// What the kernel said when it gave no socket: the upstream was not asked, and is not to blame.
  static func refusalOfSocket(_ number: CInt) -> String? {
    guard number != 0 else { return nil }
    let said = "no socket to connect with: \(String(cString: strerror(number)))"
    guard number == EMFILE || number == ENFILE else { return said }
    return said
      + " (vesigate's own lack, not the upstream's: raise LimitNOFILE= of the service, or lower connections-max)"
  }

  /// Whether it says that a file of ours could not be read.
  private static func isOfFiles(_ code: CURLcode) -> Bool {
    code == CURLE_SSL_CACERT_BADFILE || code == CURLE_SSL_CERTPROBLEM
  }

  /// Why no descriptor is to be had now; 0 where one is.
  private static func noDescriptor() -> CInt {
    let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return errno }
    close(descriptor)
    return 0
  }

  private static func hint(_ number: CInt, _ path: String) -> String? {
    switch number {
    case ENOENT: Upstream.sandboxHint(forSocket: path)
    case EACCES: "the user with id \(vg_file_user()) must be allowed to write to it"
    case ECONNREFUSED: "nobody listens there"
    default: nil
    }
  }
}
