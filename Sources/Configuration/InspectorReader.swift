internal import Formats

/// Reads `inspector:`.
enum InspectorReader {
  private static let addressWanted = "host:port with an IP address (IPv6 in brackets), unix:/path, or none"
  private static let hostWanted =
    "a host's name or address without a port, such as ops.example or [2001:db8::1]"

  /// `none` switches it off, as it does `admin`; so does `{listen: none}`.
  static func read(_ reader: NodeReader) -> InspectorSettings? {
    if case .scalar("none", _) = reader.node.content { return nil }
    var settings = InspectorSettings()
    settings.isConfigured = true
    let wanted = "a mapping such as {listen: unix:/run/vesigate/inspector.sock, mode: \"0600\"}, or none"
    guard let fields = reader.mapping(Schema.inspector, wanted) else { return settings }
    if let reader = fields["listen"], case .scalar("none", _) = reader.node.content { return nil }
    settings.listen = address(fields) ?? settings.listen
    settings.hosts = fields["hosts"].map(hosts) ?? settings.hosts
    fields.readNumbers(NumberSetting.all, into: &settings)
    settings.actions = fields["actions"]?.flag() ?? settings.listen.isUnix
    warn(of: settings, fields)
    return settings
  }

  private static func address(_ fields: MappingReader) -> ListenAddress? {
    var address = InspectorSettings.listenDefault
    if let reader = fields["listen"] {
      guard let read = reader.value(addressWanted, listen) else { return nil }
      address = read
    }
    let mode = fields["mode"]?.octalMode()
    let group = fields["group"]?.groupName()
    guard case .unix(let path, _, _) = address else {
      for key in ["mode", "group"] where fields[key] != nil {
        fields.refuse(key, "means something for a unix socket only")
      }
      return address
    }
    return .unix(path: path, mode: mode ?? InspectorSettings.unixModeDefault, group: group)
  }

  private static func listen(_ text: String) -> ListenAddress? {
    guard let address = ListenAddress(text: text) else { return nil }
    if case .systemd = address { return nil }
    return address
  }

  private static func hosts(_ reader: NodeReader) -> [String] {
    var hosts: [String] = []
    for element in reader.elements(max: InspectorSettings.hostsMax) {
      guard let host = element.value(hostWanted, host) else { continue }
      if hosts.contains(host) { element.refuse("is listed twice") } else { hosts.append(host) }
    }
    return hosts
  }

  /// As a browser writes it in `Host`. No `*`: it would let every web page in that has its name point here.
  private static func host(_ text: String) -> String? {
    guard (1...253).contains(text.utf8.count) else { return nil }
    if text.hasPrefix("["), text.hasSuffix("]") {
      guard let address = IPAddress(text: String(text.dropFirst().dropLast())), address.isIPv6 else {
        return nil
      }
      return "[\(address.text)]"
    }
    let isName = text.utf8.allSatisfy { byte in
      byte.isASCIILetter || byte.isASCIIDigit || "._-".utf8.contains(byte)
    }
    return isName ? text.lowercased() : nil
  }

  private static func warn(of settings: InspectorSettings, _ fields: MappingReader) {
    guard case .tcp(let host, _) = settings.listen, let reader = fields["listen"] else { return }
    if !settings.listen.isLoopback {
      reader.warn(
        "bodies go over \(settings.listen.text) in the clear, and so does what lets a browser in: a unix socket "
          + "behind ssh -L does without")
      if settings.hosts.isEmpty {
        reader.warn("nobody can open it by the name of this machine before hosts names that")
      }
    }
    guard settings.actions, let actions = fields["actions"] else { return }
    actions.warn(
      "whoever has a browser's session at \(host.contains(":") ? "[\(host)]" : host) can replay, release and "
        + "purge deliveries")
  }
}

extension YAMLWriter {
  mutating func inspector(_ settings: InspectorSettings?) {
    guard let settings else { return line("inspector", "none") }
    section("inspector") {
      $0.line("listen", YAMLWriter.quoted(settings.listen.text))
      if case .unix(_, let mode, let group) = settings.listen {
        $0.line("mode", YAMLWriter.octal(mode))
        if let group { $0.line("group", YAMLWriter.quoted(group)) }
      }
      $0.line("hosts", YAMLWriter.list(settings.hosts))
      $0.line("actions", "\(settings.actions)")
      $0.numbers(NumberSetting.all, of: settings)
    }
  }
}
