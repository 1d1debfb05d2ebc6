internal import HTTP

/// Hands an upstream's response to the sender. Up to `bufferBytesMax` that is done once it is complete, so that one
/// cut off by its upstream becomes a 502 and not a broken reply; longer ones are streamed.
final class ResponseRelay {
  static let bufferBytesMax = 65_536

  private let sender: any ReplySink
  private var first: [UInt8] = []
  /// What is buffered of other attempts than the first, by their indices.
  private var others: [Int: [UInt8]] = [:]
  /// Whether part of a response has been handed on.
  private(set) var isStreaming = false

  init(to sender: any ReplySink) { self.sender = sender }

  /// Keeps these bytes of a response of which nobody knows yet whether it counts; false where it would be more than
  /// may be kept.
  func buffer(_ bytes: UnsafeRawBufferPointer, of index: Int) -> Bool {
    let count = index == 0 ? first.count : others[index]?.count ?? 0
    guard count + bytes.count <= Self.bufferBytesMax else { return false }
    if index == 0 {
      first.append(contentsOf: bytes)
    } else {
      others[index, default: []].append(contentsOf: bytes)
    }
    return true
  }

  /// This attempt's response does not count.
  func drop(_ index: Int) { _ = take(index) }

  private func take(_ index: Int) -> [UInt8] {
    guard index == 0 else { return others.removeValue(forKey: index) ?? [] }
    defer { first = [] }
    return first
  }

  /// Begins to stream the response that counts, with what is buffered of it.
  func begin(_ response: ResponseHead, of index: Int) -> Flow {
    isStreaming = true
    sender.begin(response)
    return take(index).withUnsafeBytes { sender.write($0) }
  }

  /// The next part of the response that is streamed.
  func write(_ bytes: UnsafeRawBufferPointer) -> Flow { sender.write(bytes) }

  /// The response that counts is whole.
  func finish(_ response: ResponseHead, of index: Int) {
    if isStreaming { return sender.end() }
    take(index).withUnsafeBytes { sender.send(response, body: $0) }
  }
}
