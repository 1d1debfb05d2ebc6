extension ControlClient {
  /// A page of a list is put together within two seconds; a page of changes may wait for a disk.
  private static let queueSecondsMax = 30

  public func ask(_ request: QueueRequest) throws(Failure) -> QueueAnswer {
    let bytes = try bytes(request.requestLine, secondsMax: Self.queueSecondsMax)
    guard let answer = QueueAnswer(bytes) else { throw foreign }
    return answer
  }
}
