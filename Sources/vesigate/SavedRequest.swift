internal import Gateway
internal import HTTP
internal import Settings

/// A request that somebody saved to a file: its bytes as they went over the wire.
enum SavedRequest {
  typealias Parts = (head: RequestHead, body: [UInt8], bytesBehind: Int)

  /// Nil when the file ends before the request does.
  static func read(_ bytes: [UInt8], limits: Limits) throws(Rejection) -> Parts? {
    var reader = RequestReader(limits: limits)
    // An editor's byte order mark is no part of what was sent.
    var offset = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    var head: RequestHead?
    var body: [UInt8] = []
    while true {
      var consumed = 0
      let event = try next(bytes, offset, &reader, &consumed)
      switch event {
      case .needMore: return nil
      case .head(let read): head = read
      case .body(let range): body += bytes[(offset + range.lowerBound)..<(offset + range.upperBound)]
      case .end: return head.map { ($0, body, bytes.count - offset - consumed) }
      }
      offset += consumed
    }
  }

  private static func next(
    _ bytes: [UInt8], _ offset: Int, _ reader: inout RequestReader, _ consumed: inout Int
  ) throws(Rejection) -> RequestReader.Event {
    try bytes.lent { all throws(Rejection) in
      try reader.read(UnsafeRawBufferPointer(rebasing: all[offset...]), consumed: &consumed)
    }
  }

  /// The bytes that read back to this head and body. A chunked body gets a length instead: its chunks are
  /// not kept, and no signature is over them.
  static func bytes(_ head: RequestHead, body: UnsafeRawBufferPointer) -> [UInt8] {
    var bytes = Array("\(head.method) ".utf8) + head.target + Array(" HTTP/1.\(head.minorVersion)\r\n".utf8)
    for index in 0..<head.headers.count {
      head.headers.withField(index) { name, value in
        guard !replaced.contains(where: { name.equalsIgnoringCase(Array($0.utf8)) }) else { return }
        bytes += name
        bytes += Array(": ".utf8)
        bytes += value
        bytes += [0x0D, 0x0A]
      }
    }
    bytes += Array("Content-Length: \(body.count)\r\n\r\n".utf8)
    bytes += body
    return bytes
  }

  private static let replaced = ["content-length", "transfer-encoding", "trailer", "expect"]
}

/// A saved request with the route that judges it.
struct SavedDelivery {
  let head: RequestHead
  let body: [UInt8]
  /// Bytes of the file that do not belong to the request.
  let bytesBehind: Int
  let route: Route

  /// Reads a file for a command. What keeps it from being judged is printed behind `refusal`, and ends the
  /// command with 1.
  init(_ path: String, route name: String?, in loaded: Loaded, refusal: String) throws {
    let bytes = try BoundedFile.readForCommand(path)
    (head, body, bytesBehind) = try SavedDelivery.request(bytes, loaded.configuration.limits, refusal)
    route =
      try name.map { try RouteChoice.choose($0, in: loaded) }
      ?? SavedDelivery.match(head, in: loaded, refusal)
    try admit(refusal)
  }

  private static func request(
    _ bytes: [UInt8], _ limits: Limits, _ refusal: String
  ) throws -> SavedRequest.Parts {
    do throws(Rejection) {
      if let request = try SavedRequest.read(bytes, limits: limits) { return request }
      print("\(refusal): the file ends before the request does")
    } catch {
      print("\(refusal): \(error.status), \(error.label)\(error.detail.map { ": \($0)" } ?? "")")
    }
    throw ExitStatus.refused
  }

  private static func match(_ head: RequestHead, in loaded: Loaded, _ refusal: String) throws -> Route {
    guard let match = loaded.snapshot.routes.match(head) else {
      print("\(refusal): 404, no route leads to \(head.pathText)")
      throw ExitStatus.refused
    }
    let rest = head.target[match.restStart..<head.pathCount]
    guard rest.withUnsafeBytes({ PathRest.isUnambiguous($0) }) else {
      print("\(refusal): 400, \(Rejection.ambiguousPath.label)")
      throw ExitStatus.refused
    }
    return match.route
  }

  /// What the gateway refuses before it looks at a signature.
  private func admit(_ refusal: String) throws {
    if !route.methods.contains(head.method) {
      print("\(refusal): 405, route \(route.path.text) takes \(route.methods.joined(separator: ", "))")
    } else if body.count > route.bodyBytesMax {
      print("\(refusal): 413, the body is over \(route.bodyBytesMax) bytes")
    } else {
      return
    }
    throw ExitStatus.refused
  }

  /// Of a file that an editor or a tool made.
  func printBytesBehind() {
    if bytesBehind > 0 {
      print("\(bytesBehind) bytes behind the request were not read as its body: has it a Content-Length?")
    }
  }
}
