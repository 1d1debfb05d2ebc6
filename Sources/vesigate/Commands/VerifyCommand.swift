internal import ArgumentParser
internal import Configuration
internal import Formats
internal import Gateway
internal import POSIX
internal import Signing

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Judge a saved request offline and say why.",
    usage: "vesigate verify [<options>] [<request-file>]",
    discussion: """
      The file holds the request as it went over the wire: request line, headers, an empty line, the body; \
      lines end in CRLF. It is judged by the route that its path leads to, unless --route says otherwise. \
      Ends with 0 when it verifies, with 1 when it does not. Nothing is sent anywhere.

      Examples:
        vesigate verify saved.http
        vesigate verify --route /webhooks/vesicash --at 1781519012 saved.http
      """)

  @OptionGroup var config: ConfigOption

  @Option(
    help: ArgumentHelp("Judge it by this route.", valueName: "path"),
    completion: .custom { words, _, _ in Completions.routes(words) })
  var route: String?

  @Option(
    help: ArgumentHelp(
      "Judge it as if it had arrived at this Unix time; without it, now.", valueName: "seconds"))
  var at: Int64?

  @Argument(
    help: ArgumentHelp("The saved request; - is standard input.", valueName: "request-file"),
    completion: .file())
  var requestFile = "-"

  func validate() throws { try UnixTime.validate(at: at) }

  func run() throws {
    let loaded = try config.load()
    let saved = try SavedDelivery(requestFile, route: route, in: loaded, refusal: "not verified")
    let route = saved.route
    var moment = Clocks.now()
    if let at { moment.unixMilliseconds = at * 1000 }
    do throws(Unverified) {
      let proof = try saved.body.lent { bytes throws(Unverified) in
        try OfflineJudge.judge(
          saved.head, body: bytes, layout: route.layout,
          secrets: loaded.snapshot.secrets[route.secretFileIndex], at: moment)
      }
      let age = proof.ageSeconds.map { ", signed \($0) s before" } ?? ", without a signed timestamp"
      print("verified by secret \(proof.position) (\(proof.fingerprint)) of route \(route.path.text)\(age)")
    } catch {
      print("not verified by route \(route.path.text): \(Explanation.of(error, layout: route.layout))")
      saved.printBytesBehind()
      throw ExitStatus.refused
    }
  }
}

extension UnixTime {
  /// What a person names with `--at`.
  static func validate(at: Int64?) throws {
    if let at, !seconds.contains(at) { throw ValidationError("--at must be a Unix time in seconds") }
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
