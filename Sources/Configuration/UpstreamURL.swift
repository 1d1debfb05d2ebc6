internal import Formats
public import Gateway

/// An upstream as it is configured: a URL that is sent to as it is written, and what https is held to.
public struct UpstreamURL: Sendable, Equatable {
  /// The URL as it stands in the file.
  public let text: String
  public let isTLS: Bool
  public let host: String
  public let port: Int
  public let unixSocketPath: String?
  public let path: String
  public let query: String?
  public var tls = TLSOptions()

  static let bytesMax = 2_048

  /// What forwarding needs of it.
  public var upstream: Upstream {
    Upstream(
      name: text, isTLS: isTLS, host: host, port: port, unixSocketPath: unixSocketPath,
      path: Array(path.utf8), query: query.map { Array($0.utf8) }, tls: tls)
  }

  /// Whether what is sent can be read on a network. Of names only those count as this machine that always are.
  var leavesInTheClear: Bool {
    guard !isTLS, unixSocketPath == nil else { return false }
    let name = host.lowercased()
    if name.hasPrefix("127."), IPAddress(text: name) != nil { return false }
    return !(name == "localhost" || name.hasSuffix(".localhost") || name == "[::1]")
  }

  /// Reads `http://host[:port][/path][?query]`, the same with https, or `unix:/socket[:/path[?query]]`. Without a
  /// port it is 80, with https 443.
  ///
  /// - Throws: the first thing that is wrong, as the end of a sentence about the setting.
  public init(_ text: String) throws(UpstreamURLProblem) {
    guard text.utf8.count <= UpstreamURL.bytesMax else {
      throw UpstreamURLProblem("must not be longer than \(UpstreamURL.bytesMax) bytes")
    }
    guard text.isVisibleASCII else {
      throw UpstreamURLProblem("must be visible ASCII: write blanks and other characters as %XX")
    }
    guard !text.contains("#") else { throw UpstreamURLProblem("must not have a #fragment") }
    let scheme = "unix:"
    let isUnix = text.hasPrefix(scheme)
    let text = isUnix ? scheme + String(text.dropFirst(scheme.count)).withOneLeadingSlash : text
    self.text = text
    let target: Substring
    if isUnix {
      let (socket, rest) = try UpstreamURL.socketAndTarget(text.dropFirst(scheme.count))
      (unixSocketPath, isTLS, host, port) = (socket, false, "localhost", 80)
      target = rest
    } else {
      isTLS = text.hasPrefix("https://")
      guard isTLS || text.hasPrefix("http://") else {
        throw UpstreamURLProblem("must begin with http://, https:// or unix:/")
      }
      let rest = text.dropFirst(isTLS ? "https://".count : "http://".count)
      guard !rest.hasPrefix("unix:") else {
        throw UpstreamURLProblem(
          "must be written without \(isTLS ? "https" : "http")://: unix:/path of the socket file, or unix:/path:/uri"
        )
      }
      let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
      (host, port) = try UpstreamURL.authority(rest[..<end], portDefault: isTLS ? 443 : 80)
      unixSocketPath = nil
      target = rest[end...]
    }
    (path, query) = UpstreamURL.pathAndQuery(target)
  }

  private static func socketAndTarget(
    _ text: Substring
  ) throws(UpstreamURLProblem) -> (String, Substring) {
    let end = text.firstIndex(of: ":") ?? text.endIndex
    let socket = String(text[..<end])
    guard socket.isUnixSocketPath else {
      throw UpstreamURLProblem(
        "must name a socket file by an absolute path of at most 107 bytes: unix:/path or unix:/path:/uri")
    }
    guard end < text.endIndex else { return (socket, "") }
    let target = text[text.index(after: end)...]
    guard target.hasPrefix("/") else {
      throw UpstreamURLProblem("must have a path behind the socket file's colon: unix:/path:/uri")
    }
    return (socket, target)
  }

  private static func pathAndQuery(_ target: Substring) -> (String, String?) {
    let mark = target.firstIndex(of: "?")
    let path = target[..<(mark ?? target.endIndex)]
    let query = mark.map { String(target[target.index(after: $0)...]) }
    return (path.isEmpty ? "/" : String(path), query)
  }

  private static func authority(
    _ text: Substring, portDefault: Int
  ) throws(UpstreamURLProblem) -> (String, Int) {
    guard !text.contains("@") else {
      throw UpstreamURLProblem("must not hold a user or password")
    }
    let hostEnd: String.Index
    if text.hasPrefix("[") {
      guard let bracket = text.firstIndex(of: "]") else { throw UpstreamURLProblem(hostSentence) }
      hostEnd = text.index(after: bracket)
    } else {
      hostEnd = text.firstIndex(of: ":") ?? text.endIndex
    }
    let host = String(text[..<hostEnd])
    guard isHost(host) else { throw UpstreamURLProblem(hostSentence) }
    guard hostEnd < text.endIndex else { return (host, portDefault) }
    let rest = text[hostEnd...]
    guard rest.hasPrefix(":"), let port = String(rest.dropFirst()).wholeNumber, (1...65_535).contains(port)
    else { throw UpstreamURLProblem("must have a port from 1 to 65535 behind the host's colon") }
    return (host, port)
  }

  private static let hostSentence =
    "must have a host: a name, an IPv4 address, or an IPv6 address in brackets"

  private static func isHost(_ host: String) -> Bool {
    if host.hasPrefix("[") {
      return IPAddress(text: String(host.dropFirst().dropLast())) != nil && host.contains(":")
    }
    return host.isHostName || (IPAddress(text: host).map { !$0.isIPv6 } ?? false)
  }
}

/// A sentence about a URL, without its subject.
public struct UpstreamURLProblem: Error, Sendable, Equatable {
  public let sentence: String

  init(_ sentence: String) { self.sentence = sentence }
}

extension String {
  /// Letters, digits, `-`, `_` (containers' names have it) and single dots. A last label that is a number is no
  /// name: resolvers read `127.1` or `0x7f.1` as addresses, each in its own way.
  var isHostName: Bool {
    guard (1...253).contains(utf8.count) else { return false }
    let labels = (hasSuffix(".") ? dropLast() : self[...]).split(
      separator: ".", omittingEmptySubsequences: false)
    guard let last = labels.last, !last.isNumber else { return false }
    return labels.allSatisfy { label in
      (1...63).contains(label.utf8.count)
        && label.utf8.allSatisfy {
          $0.isASCIILetter || $0.isASCIIDigit || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
        }
    }
  }
}

extension Substring {
  /// Whether a resolver may read it as a number: digits alone, `0x` and hexadecimal ones (it is 0 where there are
  /// none), or, since C23, `0b` and binary ones.
  fileprivate var isNumber: Bool {
    if utf8.allSatisfy(\.isASCIIDigit) { return true }
    let digits = utf8.dropFirst(2)
    return switch lowercased().prefix(2) {
    case "0x": digits.allSatisfy(\.isHexDigit)
    case "0b": digits.allSatisfy { $0 == UInt8(ascii: "0") || $0 == UInt8(ascii: "1") }
    default: false
    }
  }
}

extension NodeReader {
  /// One URL, one mapping, or a list of them.
  func upstreams() -> [UpstreamURL] {
    if case .sequence(let nodes) = node.content, nodes.isEmpty { refuse("must name at least one URL") }
    var found: [UpstreamURL] = []
    for element in elements(max: Configuration.upstreamsMax) {
      guard let upstream = element.upstream() else { continue }
      if found.contains(where: { $0.text == upstream.text }) { element.refuse("is listed twice") }
      found.append(upstream)
    }
    return found
  }

  private func upstream() -> UpstreamURL? {
    guard isMapping else { return upstreamURL() }
    guard let fields = mapping(Schema.upstream, "a URL or a mapping with url:") else { return nil }
    let url = fields.required("url", "is missing: it names where deliveries go")?.upstreamURL()
    let tls = tlsOptions(fields)
    guard var url else { return nil }
    if !url.isTLS {
      for key in Schema.upstream.keys where key != "url" && fields[key] != nil {
        fields.refuse(key, "means something for an https:// URL only")
      }
    }
    url.tls = tls
    return url
  }

  private func upstreamURL() -> UpstreamURL? {
    guard let text = text("a URL that begins with http://, https:// or unix:/") else { return nil }
    do {
      let url = try UpstreamURL(text)
      if let hint = url.unixSocketPath.flatMap(Upstream.sandboxHint) { warn(hint) }
      if url.leavesInTheClear {
        advise(
          "sends deliveries in the clear to another machine: whoever is on the way can read them, and have "
            + "others believed as verified; use https://, or a tunnel")
      }
      return url
    } catch {
      refuse(error.sentence)
      return nil
    }
  }

  private func tlsOptions(_ fields: MappingReader) -> TLSOptions {
    var tls = TLSOptions()
    tls.caFile = fields["ca-file"]?.absolutePath()
    tls.certificateFile = fields["client-certificate-file"]?.absolutePath()
    tls.keyFile = fields["client-key-file"]?.absolutePath()
    tls.versionMin = fields["tls-version-min"]?.word(of: TLSOptions.Version.self) ?? .tls12
    let pair = ["client-certificate-file", "client-key-file"]
    for (present, absent) in [(pair[0], pair[1]), (pair[1], pair[0])]
    where fields[present] != nil && fields[absent] == nil {
      fields.refuse(present, "needs \(absent) beside it")
    }
    return tls
  }

  func absolutePath() -> String? {
    value("an absolute path of a file") { $0.isAbsoluteFilePath ? $0 : nil }
  }
}
