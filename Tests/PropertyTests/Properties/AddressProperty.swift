import CCurl
import Formats
import Glibc

@testable import Configuration

/// What holds of any text that is read as an address, a block of them, a listen address or an upstream's URL:
/// what is taken, the C library and libcurl read alike.
enum AddressProperty {
  static func violation(_ input: [UInt8]) -> String? {
    // A NUL would end the text for them; none gets as far as here.
    guard !input.contains(0) else { return nil }
    let text = input.text
    return addressViolation(text) ?? blockViolation(text) ?? urlViolation(text)
  }

  private static func addressViolation(_ text: String) -> String? {
    guard let address = IPAddress(text: text) else { return nil }
    var bytes = [UInt8](repeating: 0, count: 16)
    let isIPv6 = text.contains(":")
    guard inet_pton(isIPv6 ? AF_INET6 : AF_INET, text, &bytes) == 1 else { return "no address to libc" }
    guard IPAddress(bytes: Array(bytes.prefix(isIPv6 ? 16 : 4))) == address else { return "another address" }
    return IPAddress(text: address.text) == address ? nil : "\(address.text) reads differently"
  }

  private static func blockViolation(_ text: String) -> String? {
    guard let block = AddressBlock(text: text) else { return nil }
    return block.contains(block.address) ? nil : "a block without its own address"
  }

  private static func urlViolation(_ text: String) -> String? {
    guard let url = try? UpstreamURL(text) else { return nil }
    // The file of a socket may begin with several slashes, which are one.
    let isAsWritten = url.text == text || text.hasPrefix("unix://") && (try? UpstreamURL(url.text)) == url
    guard isAsWritten, url.path.hasPrefix("/"), (1...65_535).contains(url.port), !url.host.isEmpty else {
      return "an unsound URL"
    }
    guard url.unixSocketPath == nil else { return nil }
    guard let (host, port) = curlParts(text) else { return "no URL to libcurl" }
    return isSame(host, url.host.lowercased()) && port == String(url.port)
      ? nil : "libcurl goes to \(host):\(port), not \(url.host):\(url.port)"
  }

  /// libcurl writes an IPv6 address anew.
  private static func isSame(_ host: String, _ other: String) -> Bool {
    guard host.hasPrefix("["), other.hasPrefix("[") else { return host == other }
    let addresses = [host, other].map { IPAddress(text: String($0.dropFirst().dropLast())) }
    return addresses[0] != nil && addresses[0] == addresses[1]
  }

  private static func curlParts(_ text: String) -> (host: String, port: String)? {
    guard let handle = curl_url() else { return nil }
    defer { curl_url_cleanup(handle) }
    guard curl_url_set(handle, CURLUPART_URL, text, 0) == CURLUE_OK,
      let host = part(handle, CURLUPART_HOST, 0),
      let port = part(handle, CURLUPART_PORT, UInt32(CURLU_DEFAULT_PORT))
    else { return nil }
    return (host.lowercased(), port)
  }

  private static func part(_ handle: OpaquePointer, _ part: CURLUPart, _ flags: UInt32) -> String? {
    var text: UnsafeMutablePointer<CChar>?
    guard curl_url_get(handle, part, &text, flags) == CURLUE_OK, let text else { return nil }
    defer { curl_free(text) }
    return String(cString: text)
  }
}
