internal import HTTP
internal import Signing

/// What is said when nothing matches: all that it cannot be.
extension Finding {
  static func unsigned(_ refused: RefusedCase) -> Finding {
    let short = SignatureCandidate.shortOnes(in: refused.head.headers).prefix(4)
    var advice = ["A signature of HMAC-SHA256 has 32 bytes, one of HMAC-SHA512 has 64, in hex or base64."]
    if !short.isEmpty {
      advice.append(
        "\(short.joined(separator: ", ")) holds 20 bytes, as an HMAC-SHA1 does: that is not accepted here. "
          + "Have the sender sign with SHA-256.")
    }
    advice.append("Does a proxy in front drop the header, or is it no webhook at all?")
    return Finding(
      kind: .unsigned,
      sentence: "no header of it holds anything that could be a signature", advice: advice)
  }

  static func nothing(_ search: Search) -> Finding {
    Finding(
      kind: .nothing,
      sentence: "none of \(search.combinations) combinations gives a signature that it carries",
      advice: [
        search.isCut
          ? "Not everything was tried: the bound on the work was reached."
          : "So the sender has another secret, which is by far the likeliest, or the body was changed on the "
            + "way in a manner that is not tried here, or the sender's formula is of a kind that is not known "
            + "here. Or it is a forgery."
      ] + SecretShape.sentences(search.refused.secrets), ruledOut: ruledOut(search)
    ).with(search)
  }

  private static func ruledOut(_ search: Search) -> [String] {
    let rewritten = search.bodies.count { if case .rewritten = $0.form { true } else { false } }
    let others = names(search.otherKeys.compactMap(\.otherRoute))
    let ofOthers = others.isEmpty ? [] : ["a secret of the routes \(others), made in the same ways"]
    let own = [
      "secret \(secrets(search)), as it stands, decoded from hex, base64 or whsec_, without what surrounds "
        + "it or stands before it as NAME= or behind it as a comment, or with a line end behind it"
    ]
    return own + ofOthers + [
      "a signature in \(names(search.signatures.map(\.header)))",
      search.timestamps.isEmpty
        ? "a timestamp anywhere: no header holds one"
        : "a timestamp from \(names(search.timestamps.map { Words.place($0.place) })), as sent or in another "
          + "unit",
      "\(names(search.forms.map(\.template.text)))",
      "the body as it came, with or without a line end, or as written anew in \(rewritten) ways",
    ]
  }

  private static func secrets(_ search: Search) -> String {
    names(
      search.keys.map { key in
        "\(key.position) (\(key.line.fingerprint)\(key.replaced == nil ? "" : ", replaced"))"
      }.sorted())
  }

  /// Each once, and not more than people read.
  private static func names(_ all: [String]) -> String {
    var seen: Set<String> = []
    let each = all.filter { seen.insert($0).inserted }
    return each.prefix(20).joined(separator: ", ") + (each.count > 20 ? ", ..." : "")
  }
}
