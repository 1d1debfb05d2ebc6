public import Signing

/// Calls a provider's API for a new secret.
public struct ProviderCall: SecretSource {
  /// For one call, connecting included.
  public static let secondsMax = 15
  private static let answerBytesMax = 65_536

  private let provider: any Provider
  private let keys: ProviderKeys
  private let call: CurlCall
  /// Further conditions on a secret: the end of a sentence about what is wrong, nil when it will do.
  public var flaw: (Secret) -> String? = { _ in nil }

  /// - Parameter api: the API's base URL, without a slash at its end.
  public init(_ provider: any Provider, api: String, keys: ProviderKeys) {
    self.provider = provider
    self.keys = keys
    var call = CurlCall(
      url: api + provider.path, headers: ["Accept: application/json"], secondsMax: Self.secondsMax)
    call.schemes = .httpsUnlessLocal
    call.answerBytesMax = Self.answerBytesMax
    self.call = call
  }

  public func newSecret(attempt: Int) -> ProviderAnswer {
    var headers = provider.privateHeaders(keys)
    defer { for index in headers.indices { wipe(&headers[index]) } }
    do throws(CurlCall.Failure) {
      var answer = try call.postNothing(privateHeaders: headers)
      defer { wipe(&answer.body) }
      return discreet(provider.judge(answer))
    } catch {
      return error.mayHaveLeft
        ? .unknown("gave no answer: \(error)")
        : .refused(ProviderRefusal(.unreachable, "could not be reached: \(error)"))
    }
  }

  /// Connects to the API, with TLS where its URL asks for it, and sends nothing.
  public func reach() throws(CurlCall.Failure) { try call.reach() }

  /// An API that repeats the key in its message must not have it printed.
  private func discreet(_ answer: ProviderAnswer) -> ProviderAnswer {
    switch answer {
    case .rotated(let secret):
      if isKey(secret) { return .unknown("answered with a secret that is the API key itself") }
      return flaw(secret).map { .unknown("answered with a secret that \($0)") } ?? answer
    case .refused(let refusal) where repeatsKey(refusal.sentence):
      let key = refusal.kind == .unauthorized ? "the API key" : "the request"
      return .refused(
        ProviderRefusal(
          refusal.kind, "did not accept \(key); its words repeat the key, so they are not shown"))
    case .refused, .unknown: return answer
    }
  }

  /// Whoever knows the key would know the secret.
  private func isKey(_ secret: Secret) -> Bool {
    [keys.secretKey, keys.publicKey].contains { $0?.isSame(as: secret) ?? false }
  }

  private func repeatsKey(_ sentence: String) -> Bool {
    let bytes = Array(sentence.utf8)
    return [keys.secretKey, keys.publicKey].contains { key in
      key?.withBytes { key in
        bytes.count >= key.count
          && (0...(bytes.count - key.count)).contains { bytes[$0...].starts(with: key) }
      } ?? false
    }
  }
}
