internal import Formats
internal import Signing

/// All wording of the findings about what matches.
extension Finding {
  static func verifies(_ proof: Proof) -> Finding {
    let age = proof.ageSeconds.map { ", signed \($0) s before it arrived" } ?? ""
    return Finding(
      kind: .verifies,
      sentence: "it verifies with the settings in force, by secret \(proof.position) "
        + "(\(proof.fingerprint))\(age): nothing has to be changed")
  }

  static func settings(_ match: Match, _ refused: RefusedCase) -> Finding {
    var advice: [String] = []
    if !match.layout.signed.contains(.timestamp) {
      advice.append(
        "Nothing then proves when a delivery was signed: a captured one can be replayed for as long as the "
          + "secret lives, so the application has to recognise what it has had.")
    }
    if match.layout.keyDecoding != refused.layout.keyDecoding, refused.secrets.lines.count > 1 {
      advice.append("key-decoding holds for every line of the secret file.")
    }
    return Finding(
      kind: .settings, sentence: "it verifies by \(match.secret) if \(Words.layout(match.layout))",
      settings: match.lines ?? [], advice: advice)
  }

  static func secretText(_ match: Match) -> Finding {
    let (what, todo) = Words.keyForm(match.key.form)
    let settings = match.isLayoutInForce ? [] : match.lines ?? []
    return Finding(
      kind: .secretText,
      sentence: "it verifies if the key is \(match.secret) of the secret file \(what)",
      settings: settings, advice: [todo])
  }

  /// One that was mistyped and entered anew, again not as the sender has it.
  static func replacedText(_ match: Match) -> Finding {
    let (what, _) = Words.keyForm(match.key.form)
    let settings = match.key.form.setting == nil && match.isLayoutInForce ? [] : match.lines ?? []
    return Finding(
      kind: .secretText,
      sentence: "its key is \(match.secret), which has been replaced since, \(what): that is a mistake in "
        + "the text, and what replaced it is not the sender's secret in any form",
      settings: settings,
      advice: [
        Words.isSendersMistake(match.key.form)
          ? "The sender goes on with the old secret, and took a line end for a part of it: enter the present one "
            + "there, without a line end."
          : "Enter the sender's secret anew, just so as the sender shows it: vesigate secret set."
      ])
  }

  static func stale(_ match: Match, ageSeconds: Int, _ refused: RefusedCase) -> Finding {
    let direction = ageSeconds >= 0 ? "before" : "after"
    var advice = [
      ageSeconds >= 0
        ? "Either it is a captured delivery that somebody sends again, or the sender's clock is behind, or "
          + "this machine's is ahead."
        : "The sender's clock is ahead, or this machine's is behind.",
      "Compare both clocks with a third. A larger tolerance would accept replays just as well.",
    ]
    if let hours = Words.wholeHours(ageSeconds) {
      advice.append("The age is almost exactly \(hours): somebody takes local time for UTC.")
    }
    if !match.isLayoutInForce {
      advice.append("It is not of the layout in force either: diagnose a fresh one before you change that.")
    }
    return Finding(
      kind: .stale,
      sentence: "its signature is right by \(match.secret)\(match.otherLayout), but it was made "
        + "\(abs(ageSeconds)) s \(direction) it arrived: a replay, or a clock",
      advice: advice)
  }

  static func replacedSecret(_ match: Match) -> Finding {
    Finding(
      kind: .replacedSecret,
      sentence: "it is signed by secret \(match.key.line.fingerprint), which a rotation has replaced, "
        + "outside the time in which that is still accepted\(match.otherLayout)",
      advice: [
        "The sender goes on with the old secret: nothing here has to be changed. Enter the new secret there."
      ])
  }

  static func otherRoute(_ match: Match, _ route: String) -> Finding {
    Finding(
      kind: .otherRoute,
      sentence: "it is signed by \(match.secret) of the route \(route), not by a secret of this one"
        + match.otherLayout,
      advice: [
        "Either the sender posts to the wrong path, or it was given the other route's secret, or the two secret "
          + "files were mistaken for one another. Whoever is meant, enter the right secret there, or here by "
          + "vesigate secret set --route."
      ])
  }

  static func rewritten(_ match: Match) -> Finding {
    var advice = [
      "No setting accepts that, because what came is not what was signed.",
      "Find what reads and writes bodies on the way: a proxy, a firewall, a framework in front, or the "
        + "editor that the saved request went through. Then diagnose a fresh one.",
    ]
    if !match.isLayoutInForce {
      advice.append("It is not of the layout in force either: \(Words.form(match)).")
    }
    return Finding(
      kind: .rewritten,
      sentence: "the signature by \(match.secret) is right over \(Words.body(match.body)): something "
        + "between the sender and here re-wrote the body",
      advice: advice)
  }

  static func movedBoundary(_ match: Match) -> Finding {
    Finding(
      kind: .movedBoundary,
      sentence: "it would match over \(match.layout.signed.text), but its body begins like a part of what is "
        + "signed before a body: somebody moved the boundary, which is how a captured delivery is forged",
      advice: [
        "Keep the layout in force. Nothing that matches in this way says how the provider signs.",
        "Diagnose another delivery, of which you know that it is genuine.",
      ])
  }

  static func unclear(_ match: Match) -> Finding {
    Finding(
      kind: .unclear,
      sentence: "it matches by \(match.secret) if \(Words.form(match)), but its body is not JSON, so that a "
        + "part of what is signed around a body could have been moved into it",
      advice: [
        "Do not change the layout on this evidence: diagnose a delivery with a body of JSON, or one that you "
          + "know to be genuine, and compare."
      ])
  }

  static func unsupported(_ match: Match, _ reason: Unverified? = nil) -> Finding {
    Finding(
      kind: .unsupported,
      sentence: "it matches by \(match.secret) if \(Words.form(match)), "
        + (reason.map { "but the gateway refuses that: \($0.label)" } ?? "which no setting can say"),
      advice: ["Ask the sender for a layout of docs/layouts.md, or report this one as missing."])
  }
}

extension Match {
  var secret: String { "secret \(key.position) (\(key.line.fingerprint))" }

  /// Nothing where the layout is that in force.
  var otherLayout: String { isLayoutInForce ? "" : " if \(Words.form(self))" }
}

/// Layouts and their parts as half sentences.
enum Words {
  static func layout(_ layout: SignatureLayout) -> String {
    var words = "the signature is \(layout.encoding.rawValue)"
    if layout.hash != .sha256 { words += " of \(layout.hash.rawValue)" }
    if !layout.prefix.isEmpty { words += " behind \(layout.prefix)" }
    words += " in \(layout.header), over \(layout.signed.text)"
    if layout.signed.contains(.timestamp) {
      words += ", the timestamp in \(layout.timestampUnit.rawValue) from \(source(layout.timestampSource))"
    }
    if layout.signed.contains(.id) { words += ", the id from \(source(layout.idSource))" }
    if layout.keyDecoding != .raw {
      words += ", the key the secret decoded as \(layout.keyDecoding.rawValue)"
    }
    return words
  }

  /// Of a match that perhaps no layout can express.
  static func form(_ match: Match) -> String {
    guard let timestamp = match.form.timestamp, !match.form.isExpressible else {
      guard match.layout.listSeparator != ";" else { return layout(match.layout) + ", a list divided by ;" }
      return layout(match.layout)
    }
    var words = "the signature in \(match.layout.header) is over \(match.layout.signed.text), "
    if let form = timestamp.rewrittenAs {
      words += "the timestamp signed as \(form.rawValue) while \(place(timestamp.place)) holds it as "
      return words + timestamp.unit.rawValue
    }
    words += "the timestamp in \(timestamp.unit.rawValue) from \(place(timestamp.place))"
    return words
  }

  private static func source(_ source: SignatureLayout.Source) -> String {
    switch source {
    case .none: "nowhere"
    case .header(let name): name
    case .key(let key): "its element \(key)"
    }
  }

  static func place(_ place: TimestampCandidate.Place) -> String {
    switch place {
    case .header(let name): name
    case .element(let header, let key): "element \(key) of \(header)"
    case .body(let path): "the body's field \(path)"
    }
  }

  static func body(_ form: BodyCandidate.Form) -> String {
    switch form {
    case .asSent: "the body"
    case .withLineFeed: "the body with a line feed behind it"
    case .withCarriageReturnAndLineFeed: "the body with CR LF behind it"
    case .withoutLineEnd: "the body without the line end that it came with"
    case .empty: "an empty body"
    case .rewritten(let name): "the body as \(name) would write it"
    }
  }

  /// What the key is made of, and what to do.
  static func keyForm(_ form: KeyCandidate.Form) -> (what: String, todo: String) {
    switch form {
    case .decoded(let decoding): ("decoded as \(decoding.rawValue)", "Set key-decoding.")
    case .base64url:
      (
        "decoded as base64url or without padding",
        "Write the line in padded base64 with + and /, and set key-decoding: base64 (or whsec)."
      )
    case .withoutPrefix:
      ("without the whsec_ before it", "Write the line without whsec_ into the secret file.")
    case .trimmed:
      (
        "without the blanks or quotation marks around it",
        "Write the line without them into the secret file. A no-break space looks like a blank, or like nothing."
      )
    case .withoutName:
      (
        "without the name and = before it",
        "Write what stands behind the = alone into the secret file, without quotation marks."
      )
    case .withoutComment:
      (
        "without the blank, the # and what stands behind it",
        "There are no comments in a secret file: enter the secret alone anew, by vesigate secret set."
      )
    case .withoutNameAndComment:
      (
        "without the name and = before it, and without the # and what stands behind it",
        "Enter what stands between them alone anew, without quotation marks, by vesigate secret set."
      )
    case .withLineFeed:
      (
        "with a line feed behind it",
        "The sender took a line end for a part of the secret: enter the secret there anew, without one."
      )
    case .withCarriageReturnAndLineFeed:
      (
        "with CR LF behind it",
        "The sender took a line end for a part of the secret: enter the secret there anew, without one."
      )
    }
  }

  static func isSendersMistake(_ form: KeyCandidate.Form) -> Bool {
    form == .withLineFeed || form == .withCarriageReturnAndLineFeed
  }

  /// `2 h` where an age is that but for two minutes: zones differ by quarters of an hour.
  static func wholeHours(_ ageSeconds: Int) -> String? {
    let quarters = (abs(ageSeconds) + 450) / 900
    guard quarters >= 2, quarters <= 56, abs(abs(ageSeconds) - quarters * 900) <= 120 else { return nil }
    guard quarters % 2 == 0 else { return nil }
    return quarters % 4 == 0 ? "\(quarters / 4) h" : "\(quarters / 4) h 30 min"
  }
}
