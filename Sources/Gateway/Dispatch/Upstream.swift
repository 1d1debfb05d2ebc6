/// One URL that deliveries are forwarded to, read and checked once, when the configuration is loaded.
public final class Upstream: Sendable {
  /// The URL as configured: for logs and metrics. It has no user, password or fragment.
  public let name: String
  public let isTLS: Bool
  /// As it stands in the URL; an IPv6 address has its brackets. `localhost` for a unix socket.
  public let host: String
  public let port: Int
  /// Connect to this socket file instead of host and port.
  public let unixSocketPath: String?
  /// Path and query, beginning with `/`; the rest of a prefix route goes between the two.
  public let path: [UInt8]
  public let query: [UInt8]?
  public let tls: TLSOptions

  public init(
    name: String, isTLS: Bool = false, host: String, port: Int, unixSocketPath: String? = nil,
    path: [UInt8] = Array("/".utf8), query: [UInt8]? = nil, tls: TLSOptions = TLSOptions()
  ) {
    self.name = name
    self.isTLS = isTLS
    self.host = host
    self.port = port
    self.unixSocketPath = unixSocketPath
    self.path = path
    self.query = query
    self.tls = tls
  }

  /// The request target: this URL's path, the rest that a prefix route leaves, both queries.
  public func target(rest: ArraySlice<UInt8>, query sent: ArraySlice<UInt8>) -> [UInt8] {
    var target = path
    if !rest.isEmpty {
      if target.last != UInt8(ascii: "/") { target.append(UInt8(ascii: "/")) }
      target += rest
    }
    var mark = UInt8(ascii: "?")
    if let query {
      target.append(mark)
      target += query
      mark = UInt8(ascii: "&")
    }
    if !sent.isEmpty {
      target.append(mark)
      target += sent.dropFirst()
    }
    return target
  }
}

extension Upstream {
  /// What to say of a socket file in a folder that `vesigate.service` sees empty (`PrivateTmp=`, `ProtectHome=`).
  public static func sandboxHint(forSocket path: String) -> String? {
    let folders = ["/tmp", "/var/tmp", "/home", "/root", "/run/user"]
    guard let folder = folders.first(where: { path.hasPrefix($0 + "/") }) else { return nil }
    return "the systemd service does not see \(folder): put the socket below /run"
  }
}
