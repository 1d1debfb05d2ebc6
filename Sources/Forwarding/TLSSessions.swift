internal import CCurl

/// The TLS sessions of one upstream that its next connections resume. libcurl's own cache belongs to one handle, and
/// here each connection has a handle of its own.
///
/// A session stands for the certificate that it was begun with, so no two upstreams share them, and a reload, which
/// makes every upstream anew, begins without any.
final class TLSSessions {
  private let share: UnsafeMutableRawPointer

  /// Nil where libcurl has no memory.
  init?() {
    guard let share = vg_share_sessions() else { return nil }
    self.share = share
  }

  /// No handle is in it any more: each holds on to it.
  deinit { curl_share_cleanup(share) }

  func serve(_ easy: UnsafeMutableRawPointer) { vg_set_share(easy, share) }
}
