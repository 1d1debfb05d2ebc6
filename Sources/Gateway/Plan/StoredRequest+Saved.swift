internal import HTTP

extension StoredRequest {
  /// As a request that has gone over a wire: what `SavedRequest` reads back, and people.
  ///
  /// - Parameter target: as the sender wrote it.
  public func saved(target: [UInt8]) -> [UInt8] { savedHead(target: target) + body }

  /// That without its body, its empty line included.
  ///
  /// - Parameter target: as the sender wrote it.
  public func savedHead(target: [UInt8]) -> [UInt8] {
    var bytes = Array("\(method) ".utf8) + target + Array(" HTTP/1.1\r\n".utf8)
    var host = Array("localhost".utf8)
    var names = ["content-length", "transfer-encoding", "trailer", "expect"]
    if case .once(let index) = headers.occurrence(of: Array("x-forwarded-host".utf8)) {
      host = headers.withField(index) { Array($1) }
    }
    if !hasHost {
      // Each upstream has one of its own, so none is stored; a request without one is refused.
      bytes += Array("Host: ".utf8) + host + [0x0D, 0x0A]
      names.append("host")
    }
    if isTest { bytes += Array("\(TestMark.name): \(TestMark.value)\r\n".utf8) }
    for index in headers.fields.indices where !isTestMark(index) {
      headers.withField(index) { name, value in
        guard !names.contains(where: { name.equalsIgnoringCase(Array($0.utf8)) }) else { return }
        bytes += Array(name) + Array(": ".utf8) + Array(value) + [0x0D, 0x0A]
      }
    }
    return bytes + Array("Content-Length: \(body.count)\r\n\r\n".utf8)
  }
}
