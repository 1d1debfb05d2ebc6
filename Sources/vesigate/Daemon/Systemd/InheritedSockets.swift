internal import Glibc

/// A listening socket that systemd opened for the service (systemd.socket(5)).
struct InheritedSocket: Sendable, Equatable {
  let descriptor: Int32
  /// `FileDescriptorName=` of the socket unit; `unknown` when the manager gave none.
  let name: String
}

/// Why inherited sockets cannot be used. The text is for the operator.
struct InheritedSocketError: Error, Sendable, Equatable, CustomStringConvertible {
  let description: String
}

/// The sockets handed over by the protocol of sd_listen_fds(3).
enum InheritedSockets {
  static let countMax = 64

  /// The sockets that are meant for process `pid`, closed on exec and found to be listening. None when the
  /// variables are absent or meant for another process.
  ///
  /// - Throws: `InheritedSocketError` when the variables contradict themselves or the descriptors.
  static func take(
    environment: [String: String], pid: Int32
  ) throws(InheritedSocketError) -> [InheritedSocket] {
    try take(environment: environment, pid: pid, firstDescriptor: 3)
  }

  static func take(
    environment: [String: String], pid: Int32, firstDescriptor: Int32
  ) throws(InheritedSocketError) -> [InheritedSocket] {
    guard let pidText = environment["LISTEN_PID"], let countText = environment["LISTEN_FDS"] else {
      return []
    }
    guard let meant = Int32(pidText), meant > 0 else {
      throw InheritedSocketError(description: "LISTEN_PID is not a process id: \(quoted(pidText))")
    }
    guard meant == pid else { return [] }
    guard let count = Int(countText), (0...countMax).contains(count) else {
      throw InheritedSocketError(
        description: "LISTEN_FDS must be a number from 0 to \(countMax), not \(quoted(countText))")
    }
    let names = try names(environment["LISTEN_FDNAMES"], count: count)
    var sockets: [InheritedSocket] = []
    for (index, name) in names.enumerated() {
      let descriptor = firstDescriptor + Int32(index)
      try adopt(descriptor, name: name)
      sockets.append(InheritedSocket(descriptor: descriptor, name: name))
    }
    return sockets
  }

  private static func names(_ text: String?, count: Int) throws(InheritedSocketError) -> [String] {
    guard let text, !text.isEmpty else { return Array(repeating: "unknown", count: count) }
    let names = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard names.count == count else {
      throw InheritedSocketError(
        description: "LISTEN_FDNAMES names \(names.count) sockets, LISTEN_FDS counts \(count)")
    }
    return names
  }

  private static func adopt(_ descriptor: Int32, name: String) throws(InheritedSocketError) {
    func refuse(_ reason: String) -> InheritedSocketError {
      InheritedSocketError(
        description: "inherited descriptor \(descriptor) (\(quoted(name))) \(reason)")
    }
    guard fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 else { throw refuse("is not open") }
    guard let type = option(SO_TYPE, of: descriptor) else { throw refuse("is not a socket") }
    guard type == Int32(SOCK_STREAM.rawValue) else {
      throw refuse("is not a stream socket: the socket unit needs ListenStream=")
    }
    guard option(SO_ACCEPTCONN, of: descriptor) == 1 else {
      throw refuse("does not listen: the socket unit needs Accept=no")
    }
  }

  private static func option(_ name: Int32, of descriptor: Int32) -> Int32? {
    var value: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    return getsockopt(descriptor, SOL_SOCKET, name, &value, &length) == 0 ? value : nil
  }

  private static func quoted(_ text: String) -> String { String(text.prefix(64)).debugDescription }
}
