internal import Configuration
internal import Glibc
internal import Listening

extension ListenSocket {
  /// From configured listen addresses to bound sockets.
  static func open(
    _ addresses: [ListenAddress], environment: [String: String]
  ) throws(ListenFailure) -> [ListenSocket] {
    var inherited: [InheritedSocket]
    do { inherited = try InheritedSockets.take(environment: environment, pid: getpid()) } catch {
      throw ListenFailure(name: "systemd", sentence: error.description)
    }
    var sockets: [ListenSocket] = []
    do throws(ListenFailure) {
      for address in addresses { sockets += try open(address, &inherited) }
    } catch {
      for socket in sockets { socket.discard() }
      throw error
    }
    for socket in inherited { close(socket.descriptor) }
    return sockets
  }

  private static func open(
    _ address: ListenAddress, _ inherited: inout [InheritedSocket]
  ) throws(ListenFailure) -> [ListenSocket] {
    switch address {
    case .tcp(let host, let port): [try .tcp(host: host, port: port)]
    case .unix(let path, let mode, let group): [try .unix(path: path, mode: UInt32(mode), group: group)]
    case .systemd(let name): try take(name, from: &inherited)
    }
  }

  /// The sockets of that name; all that are left for an address without one.
  private static func take(
    _ name: String?, from inherited: inout [InheritedSocket]
  ) throws(ListenFailure) -> [ListenSocket] {
    let wanted = inherited.filter { name == nil || $0.name == name }
    inherited.removeAll { name == nil || $0.name == name }
    guard !wanted.isEmpty else {
      let what = name.map { "no socket of the name \($0)" } ?? "no socket"
      throw ListenFailure(
        name: "systemd", sentence: "\(what) was handed over: is vesigate started by its socket unit?")
    }
    return wanted.map { ListenSocket(inherited: $0.descriptor, name: "systemd:\($0.name)") }
  }
}
