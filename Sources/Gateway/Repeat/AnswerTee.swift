internal import HTTP

/// Hands an upstream's answer to the sender, and keeps it for those that repeat its delivery.
final class AnswerTee: ReplySink {
  private let sender: any ReplySink
  private var response: ResponseHead?
  private var body: [UInt8] = []
  private var isTooLong = false
  private var isWhole = false

  init(_ sender: any ReplySink) { self.sender = sender }

  /// As far as it is known; nil where no upstream has answered.
  var answer: KnownAnswer? {
    response.map { KnownAnswer(response: $0, body: isWhole ? body : []) }
  }

  private func keep(_ bytes: UnsafeRawBufferPointer) {
    guard !isTooLong else { return }
    guard body.count + bytes.count <= KnownAnswer.bodyBytesMax else {
      isTooLong = true
      body = []
      return
    }
    body += bytes
  }

  func refuse(_ rejection: Rejection) { sender.refuse(rejection) }

  func send(_ response: ResponseHead, body: UnsafeRawBufferPointer) {
    self.response = response
    keep(body)
    isWhole = true
    sender.send(response, body: body)
  }

  func begin(_ response: ResponseHead) {
    self.response = response
    sender.begin(response)
  }

  func write(_ bytes: UnsafeRawBufferPointer) -> Flow {
    keep(bytes)
    return sender.write(bytes)
  }

  func end() {
    isWhole = true
    sender.end()
  }

  func abort() { sender.abort() }
}
