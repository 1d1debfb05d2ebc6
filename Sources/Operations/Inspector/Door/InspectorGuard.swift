internal import Formats

/// Whom the inspector answers at all. A browser takes any web page's orders: that one can reach this machine says
/// nothing of who wrote the request. A name that its owner points here for a moment (DNS rebinding) makes his page
/// one of ours for the browser, and `Origin` and `Host` then agree: so `Host` is held against names that nobody else
/// has.
struct InspectorGuard: Sendable {
  /// Beside localhost's names, in lower case, without a port.
  let hosts: [String]

  /// Those that every machine means itself by, and no resolver is asked for.
  static let ownHosts = ["localhost", "127.0.0.1", "[::1]"]

  /// Nil where nothing speaks against it.
  func refusal(of message: InspectorMessage) -> InspectorRefusal? {
    hostRefusal(message) ?? (message.isPost ? originRefusal(message) : embeddingRefusal(message))
  }

  // MARK: Host

  private func hostRefusal(_ message: InspectorMessage) -> InspectorRefusal? {
    // RFC 9112, 3.2: none, two, or one that is none is an error.
    guard let value = message.single("host"), let host = Self.name(value) else {
      return InspectorRefusal(
        status: 400, reason: "host", sentence: "A request has exactly one Host, a name and perhaps a port.")
    }
    guard !Self.ownHosts.contains(host), !hosts.contains(host) else { return nil }
    return InspectorRefusal(
      status: 403, reason: "foreign-host",
      sentence:
        "The inspector is not asked for by the name \(host), so that no web site can have it read by a browser. "
        + "It answers to \((Self.ownHosts + hosts).joined(separator: ", ")). Where \(host) is this machine's name, "
        + "let the configuration say inspector: {hosts: [\"\(host)\"]}, and restart vesigate.")
  }

  /// What stands before the port, in lower case; nil for what a browser would not send.
  static func name(_ value: String) -> String? {
    let bytes = Array(value.utf8)
    let end: Int
    if bytes.first == UInt8(ascii: "[") {
      guard let bracket = bytes.firstIndex(of: UInt8(ascii: "]")), bracket > 1 else { return nil }
      guard bytes[1..<bracket].allSatisfy({ $0.isHexDigit || ":.".utf8.contains($0) }) else { return nil }
      end = bracket + 1
    } else {
      end = bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.count
      let isName = bytes[..<end].allSatisfy { byte in
        byte.isASCIILetter || byte.isASCIIDigit || "._-".utf8.contains(byte)
      }
      guard (1...253).contains(end), isName else { return nil }
    }
    let port = bytes[end...]
    guard port.isEmpty || ((2...6).contains(port.count) && port.dropFirst().allSatisfy(\.isASCIIDigit)) else {
      return nil
    }
    guard port.isEmpty || port.first == UInt8(ascii: ":") else { return nil }
    return String(decoding: bytes[..<end].map(\.asciiLowercased), as: UTF8.self)
  }

  // MARK: Where it comes from

  /// What changes something comes from a page of ours, or from whoever typed it.
  private func originRefusal(_ message: InspectorMessage) -> InspectorRefusal? {
    let refusal = InspectorRefusal(
      status: 403, reason: "cross-site",
      sentence: "What changes something is only taken from the inspector's own pages: a browser says so by "
        + "Sec-Fetch-Site or by Origin.")
    let sites = message.values(of: "sec-fetch-site")
    guard sites.isEmpty else { return sites == ["same-origin"] || sites == ["none"] ? nil : refusal }
    // Browsers leave it out where a page came over plain HTTP from anywhere but loopback.
    guard let origin = message.single("origin"), let host = message.single("host") else { return refusal }
    let isOwn = ["http://", "https://"].contains { scheme in
      origin.lowercased() == scheme + host.lowercased()
    }
    return isOwn ? nil : refusal
  }

  /// Other sites may link here. They may not frame a page, nor load one as a picture: how long a search takes would
  /// tell what is stored.
  private func embeddingRefusal(_ message: InspectorMessage) -> InspectorRefusal? {
    let destinations = message.values(of: "sec-fetch-dest")
    if destinations.contains(where: { ["iframe", "frame", "embed", "object", "fencedframe"].contains($0) }) {
      return InspectorRefusal(
        status: 403, reason: "framed", sentence: "The inspector is not shown within other pages.")
    }
    let isForeign = message.values(of: "sec-fetch-site").contains { $0 != "same-origin" && $0 != "none" }
    guard isForeign, message.values(of: "sec-fetch-mode") != ["navigate"] else { return nil }
    return InspectorRefusal(
      status: 403, reason: "cross-site",
      sentence: "Other sites may link to the inspector, and not load anything of it.")
  }
}
