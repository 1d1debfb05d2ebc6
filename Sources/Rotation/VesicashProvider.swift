internal import Formats
internal import Secrets
internal import Signing

/// `POST /v1/account/generate-webhook-secret`, as Vesicash's page "Generate webhook secret" has it. The call
/// makes the old secret invalid at once.
public struct VesicashProvider: Provider {
  public init() {}

  public var name: String { "vesicash" }
  public var path: String { "/v1/account/generate-webhook-secret" }

  public func privateHeaders(_ keys: ProviderKeys) -> [[UInt8]] {
    var lines = [line("secret-key: ", keys.secretKey)]
    if let publicKey = keys.publicKey { lines.append(line("public-key: ", publicKey)) }
    return lines
  }

  private func line(_ name: String, _ value: Secret) -> [UInt8] {
    var line: [UInt8] = []
    line.reserveCapacity(name.utf8.count + value.count)
    line += name.utf8
    value.withBytes { line += $0 }
    return line
  }

  public func judge(_ answer: CurlCall.Answer) -> ProviderAnswer {
    switch answer.status {
    case 200...299: success(answer)
    case 401, 403:
      .refused(ProviderRefusal(.unauthorized, "did not accept the API key (\(answer.status)\(said(answer)))"))
    case 429:
      .refused(ProviderRefusal(.tooMany, "was called too often (429\(said(answer)))\(retryAfter(answer))"))
    // A redirect of these two asks to send the request elsewhere: it was not carried out.
    case 307, 308:
      .refused(
        ProviderRefusal(.rejected, "answers at another address (\(answer.status)): correct the api URL"))
    // Nothing is changed by a request that was refused for its form, address, method or size.
    case 400, 404, 405, 406, 410, 411, 413, 414, 415, 421, 422, 426, 431, 451:
      .refused(ProviderRefusal(.rejected, "refused the request (\(answer.status)\(said(answer)))"))
    default: .unknown("answered \(answer.status)\(retryAfter(answer))")
    }
  }

  private func success(_ answer: CurlCall.Answer) -> ProviderAnswer {
    guard let json = JSON.read(answer.body), json.isObject else {
      return .unknown(
        "answered \(answer.status) without JSON\(looksLikeHTML(answer.body) ? ", but HTML" : "")")
    }
    guard !saysError(json, answer.body) else {
      return .unknown("answered \(answer.status) with an error in the body")
    }
    guard var value = json["data"]?["webhook_secret"]?.decoded(in: answer.body) else {
      return .unknown("answered \(answer.status) without a text at data.webhook_secret")
    }
    defer { wipe(&value) }
    if let flaw = SecretFile.flaw(in: value) {
      return .unknown("answered \(answer.status) with a webhook_secret that \(flaw)")
    }
    return .rotated(value.withUnsafeBytes { Secret(copying: $0) })
  }

  /// Several envelopes are in use: `success: false`, `status: "error"`, a code of 400 and more.
  private func saysError(_ json: JSON, _ body: [UInt8]) -> Bool {
    if json["success"]?.bool == false { return true }
    if let code = json["code"]?.integer(in: body), code >= 400 { return true }
    let status = json["status"]?.text(in: body)?.lowercased()
    return status.map { ["error", "fail", "failed", "failure"].contains($0) } ?? false
  }

  private func looksLikeHTML(_ body: [UInt8]) -> Bool {
    body.first { $0 > 0x20 } == UInt8(ascii: "<")
  }

  /// The API's own words on a refusal, wherever the envelope has them.
  private func said(_ answer: CurlCall.Answer) -> String {
    guard let json = JSON.read(answer.body) else { return "" }
    let candidates = [json["message"], json["error"]?["title"], json["error"]]
    guard let text = candidates.lazy.compactMap({ $0?.text(in: answer.body) }).first(where: { !$0.isEmpty })
    else { return "" }
    let shown = text.unicodeScalars.prefix(200).map { isVisible($0) ? $0 : " " }
    return ": " + String(String.UnicodeScalarView(shown))
  }

  /// Nothing that a terminal obeys, and nothing that reorders what is read.
  private func isVisible(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
    default: true
    }
  }

  private func retryAfter(_ answer: CurlCall.Answer) -> String {
    guard let value = answer.field("retry-after"), value.utf8.count <= 40 else { return "" }
    return value.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F }
      ? "; it asks to wait (Retry-After: \(value))" : ""
  }
}
