internal import Configuration
internal import Logging

/// Tells commands where the inspector is, and makes the links by which browsers come in over TCP.
struct InspectorInvitation: Sendable {
  /// Of the inspector that is open.
  let settings: InspectorSettings?
  /// Why none is.
  var absence = "the inspector is switched off in the configuration (inspector: none)"
  let login: InspectorLogin
  let logger: Logger
  let uptime: @Sendable () -> Int64

  func answer(to caller: QueueCaller) -> InspectAnswer {
    guard let settings else { return .refused(absence) }
    var answer = InspectAnswer()
    answer.actions = settings.actions
    switch settings.listen {
    case .unix(let path, _, _): answer.socket = path
    case .tcp, .systemd:
      // The link is a key to bodies.
      guard caller.maySeeBodies else {
        return .refused("only root and the daemon's own user are given a link", isForbidden: true)
      }
      answer.address = address(settings)
      answer.token = login.makeLink(at: uptime())
      logger.notice(
        "inspector: a one-time link was made",
        metadata: ["uid": "\(caller.user.map(String.init) ?? "unknown")"])
    }
    return answer
  }

  /// As a browser may ask for it: a name that is known, for an address of the network is none.
  private func address(_ settings: InspectorSettings) -> String {
    guard case .tcp(let host, let port) = settings.listen else { return settings.listen.text }
    if let name = settings.hosts.first { return "\(name):\(port)" }
    let isOwn = InspectorGuard.ownHosts.contains(host.contains(":") ? "[\(host)]" : host)
    return isOwn ? settings.listen.text : "localhost:\(port)"
  }
}
