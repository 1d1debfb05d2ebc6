public import HTTP

/// Writes to the sender. Implemented by Listening.
public protocol ReplySink: AnyObject {
  /// An answer of the gateway's own.
  func refuse(_ rejection: Rejection)
  /// A whole response of an upstream's.
  func send(_ response: ResponseHead, body: UnsafeRawBufferPointer)
  /// Begins a response whose body follows in parts.
  func begin(_ response: ResponseHead)
  /// Takes a part in any case; `.pause` asks to wait for `Exchange.replyDrained` before the next.
  func write(_ bytes: UnsafeRawBufferPointer) -> Flow
  func end()
  /// The upstream broke off after `begin`: the sender must see that the response is not whole.
  func abort()
}
