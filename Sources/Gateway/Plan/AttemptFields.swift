internal import HTTP
internal import Signing

/// What an app is told of a delivery that was kept, in fields that only the gateway sets.
public struct AttemptFields: Sendable {
  /// The same for all attempts of a delivery, replays too.
  public var id: PublicID
  /// Counts from 1, at each upstream where all of them get it.
  public var attempt: Int
  /// Whether somebody has had it sent again.
  public var isReplay: Bool

  public init(id: PublicID, attempt: Int, isReplay: Bool) {
    self.id = id
    self.attempt = attempt
    self.isReplay = isReplay
  }

  static let idName = "X-Delivery-Id"
  private static let attemptName = "X-Delivery-Attempt"
  private static let replayName = "X-Delivery-Replay"
  /// In lower case: a sender's own stay behind.
  public static let names = [idName, attemptName, replayName].map { $0.lowercased() }
  private static let nameBytes = names.map { Array($0.utf8) }
  /// Of the shortest one without its hyphens.
  private static let nameBytesMin = 11

  /// Whether a field of this name says what only the gateway says of a delivery, on every route: the app need not know
  /// which ones are durable. Nor does one leave that differs in its hyphens alone. What the route's layout reads there
  /// is the sender's to say; a durable route cannot have such a layout. Whether it is a test is never his to say.
  static func isOwn(_ name: UnsafeRawBufferPointer, _ layout: SignatureLayout) -> Bool {
    guard name.count >= nameBytesMin else { return false }
    // For each field of each delivery: nearly all end here.
    let hyphen = UInt8(ascii: "-")
    guard name[0] | 0x20 == UInt8(ascii: "x") || name[0] == hyphen else { return false }
    let second = name[1] == hyphen ? name[2] : name[1]
    guard second | 0x20 == UInt8(ascii: "d") || second == hyphen || name[0] == hyphen else { return false }
    guard nameBytes.contains(where: { name.equalsIgnoringCaseAndHyphens($0) }) else {
      return TestMark.isNamed(name)
    }
    var read = [layout.header]
    for case .header(let header) in [layout.idSource, layout.timestampSource] { read.append(header) }
    return !read.contains { name.equalsIgnoringCase(Array($0.utf8)) }
  }

  func add(to headers: inout HeaderList) {
    headers.append(name: Self.idName, value: id.description)
    headers.append(name: Self.attemptName, value: String(attempt))
    if isReplay { headers.append(name: Self.replayName, value: "true") }
  }
}
