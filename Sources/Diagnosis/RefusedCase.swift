public import Formats
public import HTTP
public import Signing

/// One delivery that was refused, and what it was judged by: everything that a diagnosis looks at.
public struct RefusedCase: Sendable {
  public var head: RequestHead
  public var body: [UInt8]
  /// The layout in force.
  public var layout: SignatureLayout
  public var secrets: SecretSet
  /// What its age is measured at.
  public var arrival: Moment
  /// Secrets of other routes, which a sender may have been given by mistake. None of them would ever verify here.
  public var others: [OtherRoute]

  public init(
    head: RequestHead, body: [UInt8], layout: SignatureLayout, secrets: SecretSet, arrival: Moment,
    others: [OtherRoute] = []
  ) {
    self.head = head
    self.body = body
    self.layout = layout
    self.secrets = secrets
    self.arrival = arrival
    self.others = others
  }
}

/// Another route and its secrets.
public struct OtherRoute: Sendable {
  public var name: String
  public var secrets: SecretSet

  public init(name: String, secrets: SecretSet) {
    self.name = name
    self.secrets = secrets
  }
}

/// What a diagnosis may cost. When one of these is reached, the finding says so.
public struct WorkLimits: Sendable {
  /// HMACs computed.
  public var combinationsMax: Int
  /// Bytes fed into HMACs, in all.
  public var hashedBytesMax: Int
  /// Larger bodies are not read as JSON to be written anew.
  public var jsonBytesMax: Int

  public init(combinationsMax: Int, hashedBytesMax: Int, jsonBytesMax: Int) {
    self.combinationsMax = combinationsMax
    self.hashedBytesMax = hashedBytesMax
    self.jsonBytesMax = jsonBytesMax
  }

  /// For a person who waits: seconds at most.
  public static let command = WorkLimits(
    combinationsMax: 1_000_000, hashedBytesMax: 4 << 30, jsonBytesMax: 4 << 20)
  /// For the running gateway, beside its work.
  public static let daemon = WorkLimits(
    combinationsMax: 50_000, hashedBytesMax: 64 << 20, jsonBytesMax: 256 << 10)
}
