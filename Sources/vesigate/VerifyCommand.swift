internal import ArgumentParser
internal import Framing
internal import Gateway
internal import Settings
internal import Signing

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Judge a saved request offline and say why.",
    discussion: """
      The file holds the request as it went over the wire: request line, headers, an empty line, the body; \
      lines end in CRLF. It is judged by the route that its path leads to, unless --route says otherwise. \
      Ends with 0 when it verifies, with 1 when it does not. Nothing is sent anywhere.
      """)

  @OptionGroup var config: ConfigOption

  @Option(help: ArgumentHelp("Judge it by this route.", valueName: "path"))
  var route: String?

  @Option(
    help: ArgumentHelp(
      "Judge it as if it had arrived at this Unix time; without it, now.", valueName: "seconds"))
  var at: Int64?

  @Argument(help: ArgumentHelp("The saved request; - is standard input.", valueName: "request-file"))
  var requestFile = "-"

  func run() throws {
    let loaded = try config.load()
    let bytes = try BoundedFile.readForCommand(requestFile)
    let (head, body, bytesBehind) = try request(bytes, limits: loaded.configuration.limits)
    let route = try findRoute(head, in: loaded)
    try admit(head, body, to: route)
    var moment = Clocks.now()
    if let at { moment.unixMilliseconds = at * 1000 }
    do throws(Unverified) {
      let proof = try body.lent { bytes throws(Unverified) in
        try OfflineJudge.judge(
          head, body: bytes, layout: route.layout, secrets: loaded.snapshot.secrets[route.secretFileIndex],
          at: moment)
      }
      let age = proof.ageSeconds.map { ", signed \($0) s before" } ?? ", without a signed timestamp"
      print("verified by secret \(proof.position) (\(proof.fingerprint)) of route \(route.path.text)\(age)")
    } catch {
      print("not verified by route \(route.path.text): \(Explanation.of(error, layout: route.layout))")
      if bytesBehind > 0 {
        print("\(bytesBehind) bytes behind the request were not read as its body: has it a Content-Length?")
      }
      throw ExitStatus.refused
    }
  }

  private func request(_ bytes: [UInt8], limits: Limits) throws -> SavedRequest.Parts {
    do throws(Rejection) {
      if let request = try SavedRequest.read(bytes, limits: limits) { return request }
      print("not verified: the file ends before the request does")
    } catch {
      print("not verified: \(error.status), \(error.label)\(error.detail.map { ": \($0)" } ?? "")")
    }
    throw ExitStatus.refused
  }

  private func findRoute(_ head: RequestHead, in loaded: Loaded) throws -> Route {
    if let route { return try RouteChoice.choose(route, in: loaded) }
    guard let match = loaded.snapshot.routes.match(head) else {
      print("not verified: 404, no route leads to \(head.pathText)")
      throw ExitStatus.refused
    }
    let rest = head.target[match.restStart..<head.pathCount]
    guard rest.withUnsafeBytes({ PathRest.isUnambiguous($0) }) else {
      print("not verified: 400, \(Rejection.ambiguousPath.label)")
      throw ExitStatus.refused
    }
    return match.route
  }

  /// What the gateway refuses before it looks at a signature.
  private func admit(_ head: RequestHead, _ body: [UInt8], to route: Route) throws {
    if !route.methods.contains(head.method) {
      print("not verified: 405, route \(route.path.text) takes \(route.methods.joined(separator: ", "))")
    } else if body.count > route.bodyBytesMax {
      print("not verified: 413, the body is over \(route.bodyBytesMax) bytes")
    } else {
      return
    }
    throw ExitStatus.refused
  }
}

/// A request that somebody saved to a file.
enum SavedRequest {
  typealias Parts = (head: RequestHead, body: [UInt8], bytesBehind: Int)

  /// Nil when the file ends before the request does.
  static func read(_ bytes: [UInt8], limits: Limits) throws(Rejection) -> Parts? {
    var reader = RequestReader(limits: limits)
    var offset = 0
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
}

/// Why a delivery is not verified, for the person who asked.
enum Explanation {
  static func of(_ reason: Unverified, layout: SignatureLayout) -> String {
    switch reason {
    case .signatureMissing: "there is no \(layout.header) header"
    case .signatureRepeated: "there is more than one \(layout.header) header"
    case .signatureMalformed:
      "the \(layout.header) header is not \(layout.encoding.rawValue) of a \(layout.hash.rawValue) HMAC"
    case .timestampMissing: "the timestamp is missing"
    case .timestampRepeated: "there is more than one timestamp"
    case .timestampMalformed:
      "the timestamp is not of the layout's grammar (\(layout.timestampUnit.rawValue))"
    case .idMissing: "the delivery's id is missing"
    case .idRepeated: "there is more than one delivery id"
    case .idMalformed: "the delivery's id has characters that no id has"
    case .mismatch: "no secret of the file gives this signature over \(layout.signed.text)"
    case .stale(let age):
      "the signature is right, but it was made \(abs(age)) s \(age >= 0 ? "before" : "after") the arrival"
    }
  }
}
