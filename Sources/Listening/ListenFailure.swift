internal import Glibc

/// Why nothing can be listened for at an address.
public struct ListenFailure: Error, Sendable, CustomStringConvertible {
  public let name: String
  public let sentence: String
  /// Whether it is a matter of permission (exit code 77) and not of the address (69).
  public let isPermission: Bool
  /// Whether this host has no such kind of address at all.
  let isWithoutFamily: Bool

  public init(name: String, sentence: String) {
    self.name = name
    self.sentence = sentence
    isPermission = false
    isWithoutFamily = false
  }

  init(name: String, errno code: CInt) {
    self.name = name
    isPermission = code == EACCES || code == EPERM
    isWithoutFamily = code == EAFNOSUPPORT || code == EADDRNOTAVAIL
    switch code {
    case EADDRINUSE: sentence = "another program listens there already"
    case EACCES where !name.hasPrefix("unix:"):
      sentence = "permission denied (ports below 1024 come from a systemd socket)"
    case ENOENT where name.hasPrefix("unix:"): sentence = "there is no such folder"
    case EADDRNOTAVAIL: sentence = "this host has no such address"
    default: sentence = String(cString: strerror(code))
    }
  }

  public var description: String { "cannot listen on \(name): \(sentence)" }
}
