internal import Formats

extension SignatureLayout {
  /// Everything that would make two readings of one delivery possible, or none. Empty for a sound layout.
  /// The first of a pair is the setting's name.
  public func problems() -> [(setting: String, sentence: String)] {
    var problems: [(String, String)] = []
    for (part, name) in [(SignedTemplate.Part.body, "{body}"), (.id, "{id}"), (.timestamp, "{timestamp}")] {
      let count = signed.parts.filter { $0 == part }.count
      if part == .body, count == 0 { problems.append(("signed", "must contain {body}")) }
      if count > 1 { problems.append(("signed", "must contain \(name) once, not \(count) times")) }
    }
    problems += sourceProblems()
    problems += boundaryProblems()
    return problems
  }

  private func sourceProblems() -> [(String, String)] {
    var problems: [(String, String)] = []
    if signed.contains(.timestamp), timestampSource == .none {
      problems.append(("timestamp-from", "must say where the {timestamp} of signed comes from"))
    }
    if signed.contains(.id), idSource == .none {
      problems.append(("id-from", "must say where the {id} of signed comes from"))
    }
    for (source, setting) in [(timestampSource, "timestamp-from"), (idSource, "id-from")] {
      if case .key = source, listSeparator == nil {
        problems.append((setting, "takes a key of the signature header, so list-separator must be set"))
      }
    }
    if !signed.contains(.timestamp), tolerance != .unlimited {
      problems.append(
        ("tolerance-seconds", "promises a freshness that nothing proves: {timestamp} is not under signed"))
    }
    if let listSeparator, prefix.contains(listSeparator) {
      problems.append(("prefix", "must not contain the list-separator: no element could begin with it"))
    }
    if timestampUnit == .rfc3339, timestampDigits != nil {
      problems.append(("timestamp-digits", "means nothing for an RFC 3339 timestamp"))
    }
    return problems
  }

  /// Moving a byte across a boundary between parts must never give another delivery with the same HMAC.
  private func boundaryProblems() -> [(String, String)] {
    var problems: [(String, String)] = []
    let bodyIndex = signed.parts.firstIndex(of: .body) ?? signed.parts.count
    for (index, part) in signed.parts.enumerated() where part == .id || part == .timestamp {
      guard !isSelfDelimiting(part) else { continue }
      let neighbour = index < bodyIndex ? index + 1 : index - 1
      guard signed.parts.indices.contains(neighbour) else { continue }
      let touching: UInt8? =
        if case .literal(let bytes) = signed.parts[neighbour] {
          index < bodyIndex ? bytes.first : bytes.last
        } else {
          nil
        }
      guard touching.map({ !mayContain(part, $0) }) ?? false else {
        problems.append(("signed", boundarySentence(part)))
        continue
      }
    }
    return problems
  }

  private func isSelfDelimiting(_ part: SignedTemplate.Part) -> Bool {
    part == .timestamp && (timestampUnit == .rfc3339 || timestampDigits != nil)
  }

  private func mayContain(_ part: SignedTemplate.Part, _ byte: UInt8) -> Bool {
    part == .timestamp ? byte.isASCIIDigit : SignedValue.isIDByte(byte)
  }

  private func boundarySentence(_ part: SignedTemplate.Part) -> String {
    part == .timestamp
      ? "lets {timestamp} touch what follows it: put a separator between, or fix timestamp-digits"
      : "lets {id} touch its neighbour: put a separator that no id can contain between"
  }
}
