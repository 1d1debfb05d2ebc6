public import Formats

extension QueueAnswer {
  /// A part of a delivery that is what was sealed.
  public struct Part: JSONCodedObject, Equatable {
    public var stored = Stored()
    /// Of the whole, bytes.
    public var bytesTotal = 0
    /// Where this part begins.
    public var offset = 0
    /// In base64.
    public var data = ""

    public init() {}

    public static let fields: [JSONField<Part>] = [
      .required("stored", \.stored), .required("bytesTotal", \.bytesTotal), .required("offset", \.offset),
      .required("data", \.data),
    ]

    public init(of whole: [UInt8], from offset: Int, stored: Stored) {
      let begin = min(max(offset, 0), whole.count)
      self.stored = stored
      self.offset = begin
      bytesTotal = whole.count
      data = Base64.encode(whole[begin...].prefix(QueueRequest.partBytesMax))
    }

    /// Nil where it is no base64, or more than the whole is said to be.
    public var bytes: [UInt8]? {
      var bytes: [UInt8] = []
      let text = Array(data.utf8)
      let isWhole =
        text.isEmpty
        || text.withUnsafeBytes {
          Base64.decode($0, alphabet: .standard) {
            bytes.append($0)
            return true
          }
        }
      guard isWhole, offset >= 0, bytesTotal >= offset else { return nil }
      return bytes.count <= bytesTotal - offset ? bytes : nil
    }
  }

  /// What is known of a delivery beside its bytes, all of it under its seal.
  public struct Stored: JSONCodedObject, Equatable {
    public var id = ""
    public var route = ""
    /// Unix milliseconds, as `signed`.
    public var accepted: Int64 = 0
    public var signed: Int64?
    public var requestID = ""
    /// The sender's address.
    public var remote = ""
    public var method = ""
    public var target = ""
    /// The fingerprint of the secret that proved it.
    public var secret = ""
    public var bodyBytes = 0
    /// By what it is known, in hexadecimal, and until when it is (Unix milliseconds); of `head` alone.
    public var dedupeKey: String?
    public var dedupeUntil: Int64?

    public init() {}

    public static let fields: [JSONField<Stored>] = [
      .required("id", \.id), .init("route", \.route), .init("accepted", \.accepted),
      .init("signed", \.signed),
      .init("requestID", \.requestID), .init("remote", \.remote), .init("method", \.method),
      .init("target", \.target), .init("secret", \.secret), .init("bodyBytes", \.bodyBytes),
      .init("dedupeKey", \.dedupeKey), .init("dedupeUntil", \.dedupeUntil),
    ]
  }
}
