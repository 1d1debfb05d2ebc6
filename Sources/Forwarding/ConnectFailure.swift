internal import CCurl
internal import Gateway

/// What libcurl's code for a connection that did not come about means. Nothing of the delivery was sent.
enum ConnectFailure {
  static func make(_ code: CURLcode, _ detail: String, timeout: ForwardFailure.Kind) -> ForwardFailure {
    ForwardFailure(stage: .connecting, kind: kind(of: code, timeout: timeout), detail: detail)
  }

  private static func kind(of code: CURLcode, timeout: ForwardFailure.Kind) -> ForwardFailure.Kind {
    switch code {
    case CURLE_COULDNT_RESOLVE_HOST: .resolve
    case CURLE_COULDNT_CONNECT, CURLE_INTERFACE_FAILED: .connect
    case CURLE_OPERATION_TIMEDOUT: timeout
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM,
      CURLE_SSL_CIPHER, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CRL_BADFILE,
      CURLE_SSL_SHUTDOWN_FAILED, CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_SETFAILED,
      CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CLIENTCERT, CURLE_USE_SSL_FAILED:
      .tls
    case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING: .closed
    default: .internalError
    }
  }
}
