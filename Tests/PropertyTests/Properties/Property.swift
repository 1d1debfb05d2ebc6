/// Something that holds of any input whatever: a fuzzer looks for the one of which it does not.
struct Property: Sendable {
  /// The fuzz target's name, and that of its folder in the corpus.
  let name: String
  /// What does not hold of an input; nil where all does.
  let violation: @Sendable (_ input: [UInt8]) -> String?

  static let all = [
    Property(name: "claims", violation: ClaimProperty.violation),
    Property(name: "encodings", violation: EncodingProperty.violation),
    Property(name: "headers", violation: ForwardedHeadProperty.violation),
    Property(name: "secret-file", violation: SecretFileProperty.violation),
    Property(name: "configuration", violation: ConfigurationProperty.violation),
    Property(name: "addresses", violation: AddressProperty.violation),
    Property(name: "rotation", violation: RotationProperty.violation),
    Property(name: "environment", violation: EnvironmentProperty.violation),
    Property(name: "control", violation: ControlProperty.violation),
    Property(name: "daemon-answers", violation: DaemonAnswerProperty.violation),
    Property(name: "diagnosis", violation: DiagnosisProperty.violation),
    Property(name: "provider-answers", violation: ProviderAnswerProperty.violation),
    Property(name: "api-key", violation: KeyFileProperty.violation),
    Property(name: "tls-files", violation: TLSFilesProperty.violation),
    Property(name: "stored-requests", violation: StoredRequestProperty.violation),
    Property(name: "quarantined-heads", violation: QuarantinedHeadProperty.violation),
    Property(name: "inspector", violation: InspectorProperty.violation),
  ]
}

extension Sequence<UInt8> {
  /// As any CGI, WSGI, Rack, PHP or servlet container might fold a name.
  var folded: [UInt8] {
    map { byte in
      let letter = byte | 0x20
      if (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(letter) { return letter }
      return (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) ? byte : UInt8(ascii: "-")
    }
  }

  /// In lower case as ASCII has it.
  var lowercased: [UInt8] { map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 } }

  var isFreeOfLineEndsAndNUL: Bool { !contains { $0 == 0x0D || $0 == 0x0A || $0 == 0 } }
}

extension Array where Element == UInt8 {
  /// Without blanks and tabs at both ends.
  var trimmed: [UInt8] {
    let isBlank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
    return Array(self.drop(while: isBlank).reversed().drop(while: isBlank).reversed())
  }

  func parts(_ separator: UInt8) -> [[UInt8]] {
    split(separator: separator, omittingEmptySubsequences: false).map { Array($0) }
  }

  var text: String { String(decoding: self, as: UTF8.self) }
}
