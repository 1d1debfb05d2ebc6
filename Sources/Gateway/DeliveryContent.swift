/// What a verified delivery brought, for operators' eyes alone.
public struct DeliveryContent: Sendable, Equatable {
  /// Of a longer body nothing is kept: it is copied on an event loop, and one page could not show it.
  public static let bodyBytesMax = 4_194_304

  /// Request line and fields as they came, without the empty line behind them; of a test delivery without its
  /// signature.
  public let head: [UInt8]
  public let body: [UInt8]

  public init(head: [UInt8], body: [UInt8]) {
    self.head = head
    self.body = body
  }
}
