internal import CCurl
internal import Glibc

/// A long body on its way to an upstream without TLS.
///
/// libcurl would have each part of it copied to a buffer of its own and send that. Here the kernel is given the
/// body from where it lies, whenever libcurl asks for the next part: it has sent the head then, and holds
/// nothing back. Only when the kernel has no room does libcurl get a part, for it to wait with.
struct Upload {
  private let headBytes: Int
  /// Of the body, what the kernel or libcurl has got.
  private(set) var count = 0
  /// Of that, what libcurl has got.
  private var handedBytes = 0

  /// - Parameter headBytes: the length of the request's head, with the empty line.
  init(headBytes: Int) { self.headBytes = headBytes }

  /// What of the body the kernel did not get by libcurl.
  var ownBytes: Int { count - handedBytes }

  /// Whether all that libcurl has been given is with the kernel. Where its head went in parts, that cannot be
  /// told, and libcurl sends all.
  func mayFollow(_ easy: UnsafeMutableRawPointer) -> Bool {
    vg_head_bytes_sent(easy) == headBytes && vg_bytes_uploaded(easy) == handedBytes
  }

  /// Gives the kernel as much as it has room for. An error of the socket shows when libcurl sends on.
  mutating func send(_ body: UnsafeRawBufferPointer, to socket: CInt) {
    while count < body.count {
      let rest = UnsafeRawBufferPointer(rebasing: body[count...])
      let sent = Glibc.send(socket, rest.baseAddress, rest.count, CInt(MSG_NOSIGNAL) | CInt(MSG_DONTWAIT))
      if sent < 0, errno == EINTR { continue }
      guard sent > 0 else { return }
      count += sent
    }
  }

  /// Hands libcurl the next bytes; 0 where there are none left.
  mutating func hand(_ body: UnsafeRawBufferPointer, to room: UnsafeMutableRawBufferPointer) -> Int {
    let part = UnsafeRawBufferPointer(rebasing: body[count...].prefix(room.count))
    room.copyMemory(from: part)
    count += part.count
    handedBytes += part.count
    return part.count
  }
}
