internal import Configuration
internal import Glibc

/// The packaged socket unit: where its files say that systemd listens, and what to say where `listen` says otherwise.
struct SocketUnit {
  static let name = "vesigate.socket"
  /// Of which one is small, and there are few.
  private static let fileBytesMax = 65_536
  private static let dropInsMax = 64

  /// What stands before each path: nothing, but in tests.
  var root = ""

  // MARK: What is said

  /// Why the socket of systemd and `listen` do not go together, and what to type; nil where they do.
  static func advice(held: [ListenAddress], listen: [ListenAddress]) -> String? {
    if listen.contains(where: \.isInherited) { return nil }
    let served = listen.flatMap { $0.served(by: held) }
    let idle = held.filter { !served.contains($0) }
    guard !idle.isEmpty else { return nil }
    let lines = listen.map { "ListenStream=\($0.stream)" } + [families(of: listen)].compactMap { $0 }
    let streams = lines.joined(separator: ", ")
    return """
      \(name) holds \(idle.map(\.text).joined(separator: " ")), which listen does not name: whoever connects there \
      waits in vain. To move it, systemctl edit \(name): [Socket], ListenStream=, \(streams), each on a line of its \
      own; then systemctl stop \(name) vesigate, and systemctl start \(name) vesigate. To do without it: systemctl \
      disable --now \(name), then systemctl restart vesigate
      """
  }

  /// What an IPv6 socket on every address has to take, where that matters; the packaged unit says both.
  private static func families(of listen: [ListenAddress]) -> String? {
    let hosts = listen.compactMap { address in if case .tcp(let host, _) = address { host } else { nil } }
    return hosts.contains("::") ? "BindIPv6Only=ipv6-only" : hosts.contains("*") ? "BindIPv6Only=both" : nil
  }

  /// Each of what a start was handed and nobody will answer at.
  static func advice(_ sockets: OpenSockets, listen: [ListenAddress]) -> [String] {
    [advice(held: sockets.idle, listen: listen)].compactMap { $0 }
      + sockets.nameless.map { name in
        "systemd holds a socket of the name \(name) at an address that listen cannot name: whoever connects there "
          + "waits in vain. listen: systemd:\(name) takes it"
      }
  }

  /// The same by the unit's files, for whoever was handed no socket. Another configuration than the packaged one is
  /// another service's.
  func advice(for configuration: Configuration, at configPath: String) -> String? {
    guard configPath == Configuration.fileDefault, isEnabled else { return nil }
    return Self.advice(held: addresses, listen: configuration.listen)
  }

  // MARK: What its files say

  /// Whether it is started with the service, or with the machine.
  var isEnabled: Bool {
    ["vesigate.service", "sockets.target"].contains {
      var info = stat()
      return lstat("\(root)/etc/systemd/system/\($0).wants/\(Self.name)", &info) == 0
    }
  }

  /// What the unit and its drop-ins listen on, but for what `listen` cannot name.
  var addresses: [ListenAddress] {
    var settings = Settings()
    for path in files {
      guard let bytes = try? BoundedFile.read(path, bytesMax: Self.fileBytesMax) else { continue }
      settings.read(String(decoding: bytes, as: UTF8.self))
    }
    return settings.addresses
  }

  /// systemd.unit(5): the first unit file that there is, then the drop-ins by their names, whatever folder they are
  /// in; of two of a name the first folder's.
  private var files: [String] {
    let folders = ServiceUnit.folders.map { root + $0 }
    let units: [String] = folders.map { "\($0)/\(Self.name)" }
    let unit = units.first { access($0, F_OK) == 0 }
    var dropIns: [String: String] = [:]
    for folder in folders.reversed() {
      for name in Self.names(in: "\(folder)/\(Self.name).d") {
        dropIns[name] = "\(folder)/\(Self.name).d/\(name)"
      }
    }
    return [unit].compactMap { $0 } + dropIns.sorted { $0.key < $1.key }.map(\.value)
  }

  private static func names(in folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while names.count < dropInsMax, let entry = readdir(stream) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name.hasSuffix(".conf") { names.append(name) }
    }
    return names
  }
}

/// Of the unit's files, what says where it listens.
private struct Settings {
  private var streams: [String] = []
  private var isOnlyIPv6 = false

  mutating func read(_ text: String) {
    var section = ""
    for line in text.split(separator: "\n") {
      let line = line.trimmed
      if line.hasPrefix("[") { section = line }
      let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(\.trimmed)
      guard section == "[Socket]", parts.count == 2 else { continue }
      switch parts[0] {
      // An empty one takes back those before it.
      case "ListenStream": if parts[1].isEmpty { streams.removeAll() } else { streams.append(parts[1]) }
      case "BindIPv6Only": isOnlyIPv6 = parts[1] == "ipv6-only"
      default: break
      }
    }
  }

  /// But for what `listen` cannot name.
  var addresses: [ListenAddress] { streams.compactMap(address) }

  /// systemd.socket(5): a path, a port of every address, or an address and a port.
  private func address(_ stream: String) -> ListenAddress? {
    if stream.hasPrefix("/") { return ListenAddress(text: "unix:\(stream)") }
    let isPort = stream.utf8.allSatisfy { (0x30...0x39).contains($0) }
    guard let address = ListenAddress(text: isPort ? "*:\(stream)" : stream) else { return nil }
    guard case .tcp(let host, let port) = address, host == "*" || host == "::" else { return address }
    return .tcp(host: isOnlyIPv6 ? "::" : "*", port: port)
  }
}

extension ListenAddress {
  fileprivate var isInherited: Bool {
    if case .systemd = self { true } else { false }
  }

  /// As ListenStream= has it.
  fileprivate var stream: String {
    switch self {
    case .tcp("*", let port): "\(port)"
    case .unix(let path, _, _): path
    case .tcp, .systemd: text
    }
  }
}

extension StringProtocol {
  fileprivate var trimmed: String {
    let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\r" }
    return String(String(drop(while: isBlank)).reversed().drop(while: isBlank).reversed())
  }
}
