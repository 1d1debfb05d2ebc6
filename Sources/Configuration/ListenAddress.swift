internal import Formats
internal import Gateway

/// Where deliveries are taken.
public enum ListenAddress: Sendable, Equatable {
  /// `host` is an IP address without brackets, or `*` for every address of this machine. Port 0 leaves the
  /// choice to the kernel.
  case tcp(host: String, port: Int)
  /// `mode` is what the socket file's permissions are set to, `group` the name of the group it is given.
  case unix(path: String, mode: Int, group: String?)
  /// A socket inherited from systemd: the one of that FileDescriptorName, or the only one.
  case systemd(name: String?)

  /// Owner and group may connect.
  public static let unixModeDefault = 0o660

  /// `host:port`, `unix:/path` or `systemd[:NAME]`, as logs and the printed configuration show it.
  public var text: String {
    switch self {
    case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    case .unix(let path, _, _): "unix:\(path)"
    case .systemd(let name): name.map { "systemd:\($0)" } ?? "systemd"
    }
  }

  /// Whether whoever reaches the machine reaches it.
  var isEverywhere: Bool {
    if case .tcp(let host, _) = self { ["*", "0.0.0.0", "::"].contains(host) } else { false }
  }

  public var isUnix: Bool { if case .unix = self { true } else { false } }

  /// Whether nobody but this machine's own users reaches it by TCP.
  var isLoopback: Bool {
    if case .tcp(let host, _) = self { host.hasPrefix("127.") || host == "::1" } else { false }
  }

  static let wanted =
    "host:port with an IP address (IPv6 in brackets) or *, unix:/path, systemd, or systemd:NAME"

  /// Nil for what is none.
  public init?(text: String) {
    if text == "systemd" {
      self = .systemd(name: nil)
    } else if text.hasPrefix("systemd:") {
      let name = String(text.dropFirst("systemd:".count))
      guard (1...255).contains(name.utf8.count), name.isVisibleASCII, !name.contains(":") else { return nil }
      self = .systemd(name: name)
    } else if text.hasPrefix("unix:") {
      let path = String(text.dropFirst("unix:".count)).withOneLeadingSlash
      guard path.isUnixSocketPath else { return nil }
      self = .unix(path: path, mode: ListenAddress.unixModeDefault, group: nil)
    } else {
      guard let (host, port) = ListenAddress.hostAndPort(text) else { return nil }
      self = .tcp(host: host, port: port)
    }
  }

  private static func hostAndPort(_ text: String) -> (String, Int)? {
    guard let colon = text.lastIndex(of: ":") else { return nil }
    guard let port = String(text[text.index(after: colon)...]).wholeNumber, port <= 65_535 else { return nil }
    let host = String(text[..<colon])
    switch host {
    case "", "*": return ("*", port)
    // One address rather than whatever a resolver makes of the name.
    case "localhost": return ("127.0.0.1", port)
    default: break
    }
    if host.hasPrefix("["), host.hasSuffix("]") {
      guard let address = IPAddress(text: String(host.dropFirst().dropLast())), address.isIPv6 else {
        return nil
      }
      return (address.text, port)
    }
    guard let address = IPAddress(text: host), !address.isIPv6 else { return nil }
    return (address.text, port)
  }
}

extension String {
  /// `unix:///run/app` is how other programs write a socket file's address.
  var withOneLeadingSlash: String { hasPrefix("//") ? "/" + drop { $0 == "/" } : self }

  /// Absolute, and short enough for `sun_path` with its closing NUL.
  var isUnixSocketPath: Bool {
    hasPrefix("/") && (2...107).contains(utf8.count) && !hasSuffix("/") && isPrintable
  }

  /// An absolute path of a file.
  var isAbsoluteFilePath: Bool {
    hasPrefix("/") && (2...4_095).contains(utf8.count) && !hasSuffix("/") && isPrintable
  }

  private var isPrintable: Bool { utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F } }
}

extension NodeReader {
  /// The control socket's path; nil where it is switched off.
  func controlPath() -> String? {
    guard let text = text("a socket file's absolute path of at most 107 bytes, or none") else { return nil }
    if text == "none" { return nil }
    if text.withOneLeadingSlash.isUnixSocketPath { return text.withOneLeadingSlash }
    refuse("must be a socket file's absolute path of at most 107 bytes, or none")
    return nil
  }

  /// Where metrics and health are read; nil where that is switched off.
  func adminAddress() -> ListenAddress? {
    if case .scalar("none", _) = node.content { return nil }
    let wanted = "host:port with an IP address (IPv6 in brackets), unix:/path, or none"
    guard let address = listenAddress(wanted) else { return nil }
    switch address {
    case .systemd:
      refuse("must be \(wanted)")
      return nil
    case .tcp where !address.isLoopback:
      warn("whoever reaches \(address.text) sees the routes, the upstreams' URLs and how much comes")
    case .tcp, .unix: break
    }
    return address
  }

  func listenAddresses() -> [ListenAddress] {
    let elements = elements(max: Configuration.listenMax)
    if case .sequence(let nodes) = node.content, nodes.isEmpty {
      refuse("must name at least one address")
    }
    var found: [ListenAddress] = []
    for element in elements {
      guard let address = element.listenAddress() else { continue }
      if found.contains(where: { $0.text == address.text }) {
        element.refuse("is listed twice")
      } else {
        found.append(address)
      }
    }
    return found
  }

  private func listenAddress(_ wanted: String = ListenAddress.wanted) -> ListenAddress? {
    guard isMapping else {
      return value(wanted + ", or {unix: /path, mode: \"0660\", group: NAME}") {
        ListenAddress(text: $0)
      }
    }
    guard let fields = mapping(Schema.unixListen, wanted) else { return nil }
    let path = fields.required("unix", "is missing: it names the socket file, such as /run/vesigate/socket")?
      .value("an absolute path of at most 107 bytes") {
        $0.withOneLeadingSlash.isUnixSocketPath ? $0.withOneLeadingSlash : nil
      }
    let mode = fields["mode"]?.octalMode()
    let group = fields["group"]?.groupName()
    guard let path else { return nil }
    return .unix(path: path, mode: mode ?? ListenAddress.unixModeDefault, group: group)
  }

  /// A socket file's permissions.
  func octalMode() -> Int? { value("an octal mode in quotes, such as \"0660\"", NodeReader.octalMode) }

  func groupName() -> String? { value("a group's name", NodeReader.groupName) }

  private static func octalMode(_ text: String) -> Int? {
    guard (3...4).contains(text.utf8.count), let mode = Int(text, radix: 8), (0...0o777).contains(mode),
      text.utf8.allSatisfy(\.isASCIIDigit)
    else { return nil }
    return mode
  }

  private static func groupName(_ text: String) -> String? {
    let allowed = Array("_-.".utf8)
    let isName = text.utf8.allSatisfy { $0.isASCIILetter || $0.isASCIIDigit || allowed.contains($0) }
    return (1...32).contains(text.utf8.count) && isName && !text.hasPrefix("-") ? text : nil
  }

  /// Addresses and CIDR blocks, and the word `unix`.
  func trustedProxies() -> TrustedProxies {
    var trusted = TrustedProxies()
    for element in elements(max: 1_000) {
      let wanted = "an IP address, a block such as 10.0.0.0/8, or unix"
      guard let text = element.text(wanted) else { continue }
      if text == "unix" {
        trusted.unix = true
      } else if let block = AddressBlock(text: text) {
        trusted.blocks.append(block)
      } else {
        element.refuse("must be \(wanted)")
      }
    }
    return trusted
  }
}
