internal import HTTP

/// What a delivery was answered, for those that repeat it.
struct KnownAnswer: Sendable {
  /// Of a longer body nothing is kept but the status.
  static let bodyBytesMax = 65_536

  let response: ResponseHead
  let body: [UInt8]

  /// What it takes of memory, nearly.
  var bytes: Int { response.headers.wireBytes + body.count + 256 }
}

/// What became of the first of several deliveries that are the same.
enum FirstEnd: Sendable {
  case answered(KnownAnswer)
  /// There is no answer of the app's to hand on.
  case failed(Rejection)
}
