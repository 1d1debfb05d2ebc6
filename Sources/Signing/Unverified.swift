/// Why a signature was not accepted.
public enum Unverified: Error, Sendable, Equatable {
  case signatureMissing
  case signatureRepeated
  case signatureMalformed
  case timestampMissing
  case timestampRepeated
  case timestampMalformed
  case idMissing
  case idRepeated
  case idMalformed
  /// No live secret gives this signature over this body.
  case mismatch
  /// The signature is right and the timestamp is outside the tolerance; negative ages lie in the future.
  case stale(ageSeconds: Int)

  public var label: String {
    switch self {
    case .signatureMissing: "signature-missing"
    case .signatureRepeated: "signature-repeated"
    case .signatureMalformed: "signature-malformed"
    case .timestampMissing: "timestamp-missing"
    case .timestampRepeated: "timestamp-repeated"
    case .timestampMalformed: "timestamp-malformed"
    case .idMissing: "id-missing"
    case .idRepeated: "id-repeated"
    case .idMalformed: "id-malformed"
    case .mismatch: "mismatch"
    case .stale: "stale"
    }
  }

  /// What the log adds to the label.
  public var detail: String? {
    guard case .stale(let age) = self else { return nil }
    return age >= 0
      ? "signature right, signed \(age) s ago" : "signature right, signed \(-age) s in the future"
  }
}
