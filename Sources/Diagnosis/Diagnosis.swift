internal import Signing

/// Finds out why a delivery was refused, by trying what else its sender may have signed.
///
/// A diagnosis never verifies anything, and its words hold neither a secret nor a signature. What matches
/// counts as a hint about the settings only where no genuine delivery, captured and rearranged, would match
/// in the same way.
public enum Diagnosis {
  public static func of(_ refused: RefusedCase, limits: WorkLimits = .command) -> Finding {
    if let proof = proofInForce(refused) { return .verifies(proof) }
    var search = Search(refused, limits: limits)
    guard !search.signatures.isEmpty else { return .unsigned(refused) }
    guard let match = search.match() else { return .nothing(search) }
    return finding(match, refused, limits).with(search)
  }

  private static func proofInForce(_ refused: RefusedCase) -> Proof? {
    refused.body.withUnsafeBytes { body in
      try? OfflineJudge.judge(
        refused.head, body: body, layout: refused.layout, secrets: refused.secrets, at: refused.arrival)
    }
  }

  /// What a match means. What speaks against following it comes first.
  private static func finding(_ match: Match, _ refused: RefusedCase, _ limits: WorkLimits) -> Finding {
    let boundary =
      match.isLayoutInForce
      ? .sound
      : Boundary.judge(refused.body, signed: match.layout.signed, jsonBytesMax: limits.jsonBytesMax)
    if boundary == .moved { return .movedBoundary(match) }
    if match.body != .asSent { return .rewritten(match) }
    if let other = match.key.otherRoute { return .otherRoute(match, other) }
    guard match.lines != nil else { return .unsupported(match) }
    if case .failure(let reason) = match.judged {
      guard case .stale(let age) = reason else { return .unsupported(match, reason) }
      return .stale(match, ageSeconds: age, refused)
    }
    if match.key.replaced != nil {
      guard match.key.form == .decoded(refused.layout.keyDecoding) else { return .replacedText(match) }
      if !match.isInTime { return .replacedSecret(match) }
    }
    if boundary == .unclear { return .unclear(match) }
    if match.key.form.setting == nil { return .secretText(match) }
    return .settings(match, refused)
  }
}
