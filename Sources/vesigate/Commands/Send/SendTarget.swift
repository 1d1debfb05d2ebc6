internal import Configuration
internal import Gateway

/// Where a delivery is posted.
struct SendTarget {
  let url: String
  let unixSocket: String?
  /// That the route asks for.
  var headers: [String] = []

  /// For people, without the password that a front may ask for.
  var shown: String {
    let url = Self.withoutPassword(url)
    return unixSocket.map { "\(url) at \($0)" } ?? url
  }

  init(url: String, unixSocket: String?) {
    self.url = url
    self.unixSocket = unixSocket
  }

  /// On a route, where the gateway listens; nil where the configuration does not say where that is.
  init?(route: Route, listen: [ListenAddress], unixSocket: String? = nil) {
    let path = String(decoding: route.path.bytes, as: UTF8.self) + (route.path.isPrefix ? "test" : "")
    if let unixSocket {
      self.init(url: "http://localhost" + path, unixSocket: unixSocket)
    } else {
      guard let place = listen.lazy.compactMap(Self.place).first else { return nil }
      self.init(url: "http://\(place.authority)\(path)", unixSocket: place.unixSocket)
    }
    if let host = route.host { headers = ["Host: \(host)"] }
  }

  /// What stands before the last @ of a URL's authority is a name and a password.
  private static func withoutPassword(_ url: String) -> String {
    let bytes = Array(url.utf8)
    guard let scheme = bytes.indices.dropLast().first(where: { bytes[$0] == 0x2F && bytes[$0 + 1] == 0x2F })
    else {
      return url
    }
    let authority = bytes[(scheme + 2)...].prefix { !"/?#".utf8.contains($0) }
    guard let end = authority.lastIndex(of: UInt8(ascii: "@")) else { return url }
    return String(decoding: bytes[..<authority.startIndex] + Array("...".utf8) + bytes[end...], as: UTF8.self)
  }

  private static func place(_ address: ListenAddress) -> (authority: String, unixSocket: String?)? {
    switch address {
    case .unix(let path, _, _): ("localhost", path)
    case .tcp(_, 0), .systemd: nil
    // Whoever listens everywhere does so here, too.
    case .tcp("*", let port), .tcp("0.0.0.0", let port): ("127.0.0.1:\(port)", nil)
    case .tcp("::", let port): ("[::1]:\(port)", nil)
    case .tcp: (address.text, nil)
    }
  }
}
