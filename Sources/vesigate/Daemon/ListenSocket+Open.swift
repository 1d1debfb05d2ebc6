internal import Configuration
internal import Glibc
internal import Listening

/// What a start listens on.
struct OpenSockets {
  var all: [ListenSocket] = []
  /// What systemd holds and `listen` does not name: nobody will answer there.
  var idle: [ListenAddress] = []
  /// Of those that `listen` cannot name, such as an abstract socket, the names that systemd gave them.
  var nameless: [String] = []
}

extension ListenSocket {
  /// From configured listen addresses to bound sockets. One that systemd holds at such an address is taken over, so
  /// that the two never contend for it.
  static func open(
    _ addresses: [ListenAddress], environment: [String: String]
  ) throws(ListenFailure) -> OpenSockets {
    var inherited: [InheritedSocket]
    do { inherited = try InheritedSockets.take(environment: environment, pid: getpid()) } catch {
      throw ListenFailure(name: "systemd", sentence: error.description)
    }
    var sockets = OpenSockets()
    do throws(ListenFailure) {
      // Whoever names a socket comes first: `systemd` alone takes all that are left.
      for address in addresses where !address.takesAny { sockets.all += try open(address, &inherited) }
      for address in addresses where address.takesAny { sockets.all += try open(address, &inherited) }
    } catch {
      for socket in sockets.all { socket.discard() }
      throw error
    }
    sockets.idle = inherited.compactMap(\.address)
    sockets.nameless = inherited.filter { $0.address == nil }.map(\.name)
    for socket in inherited { close(socket.descriptor) }
    return sockets
  }

  private static func open(
    _ address: ListenAddress, _ inherited: inout [InheritedSocket]
  ) throws(ListenFailure) -> [ListenSocket] {
    if case .systemd(let name) = address { return try take(name, from: &inherited) }
    let serving = address.served(by: inherited.compactMap(\.address))
    let held = inherited.filter { $0.address.map(serving.contains) ?? false }
    inherited.removeAll { held.contains($0) }
    // By the address that the operator wrote, as if it had been bound here.
    guard held.isEmpty else {
      return held.map { ListenSocket(inherited: $0.descriptor, name: address.text) }
    }
    do throws(ListenFailure) { return [try bind(address)] } catch {
      throw explained(error, address, inherited)
    }
  }

  private static func bind(_ address: ListenAddress) throws(ListenFailure) -> ListenSocket {
    switch address {
    case .tcp(let host, let port): try .tcp(host: host, port: port)
    case .unix(let path, let mode, let group): try .unix(path: path, mode: UInt32(mode), group: group)
    case .systemd: throw ListenFailure(name: "systemd", sentence: "it is handed over, and not bound")
    }
  }

  /// Says who has the port, where that is the socket unit, at an address that is nearly the same.
  private static func explained(
    _ failure: ListenFailure, _ address: ListenAddress, _ inherited: [InheritedSocket]
  ) -> ListenFailure {
    let near = inherited.compactMap(\.address).filter { address.shares(portOf: $0) }
    guard let advice = SocketUnit.advice(held: near, listen: [address]) else { return failure }
    return ListenFailure(name: failure.name, sentence: advice)
  }

  /// The sockets of that name; all that are left for an address without one.
  private static func take(
    _ name: String?, from inherited: inout [InheritedSocket]
  ) throws(ListenFailure) -> [ListenSocket] {
    let wanted = inherited.filter { name == nil || $0.name == name }
    inherited.removeAll { name == nil || $0.name == name }
    guard !wanted.isEmpty else {
      let what = name.map { "no socket of the name \($0)" } ?? "no socket"
      let others = inherited.map(\.name).joined(separator: ", ")
      let hint = others.isEmpty ? ": is vesigate started by its socket unit?" : ", but \(others)"
      throw ListenFailure(name: "systemd", sentence: "\(what) was handed over\(hint)")
    }
    return wanted.map { ListenSocket(inherited: $0.descriptor, name: "systemd:\($0.name)") }
  }
}

extension ListenAddress {
  fileprivate var takesAny: Bool { self == .systemd(name: nil) }
}
