internal import Configuration
internal import Gateway
internal import HTTP

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
    do throws(RequestFault) {
      if let request = try SavedRequest.read(bytes, bounds: limits.requestBounds) { return request }
      print("\(refusal): the file ends before the request does")
    } catch {
      let rejection = Rejection(error)
      print(
        "\(refusal): \(rejection.status), \(rejection.label)\(rejection.detail.map { ": \($0)" } ?? "")")
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
