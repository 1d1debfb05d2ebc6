internal import Formats
internal import Gateway

extension RecentDeliveries.Delivery {
  /// Of a path, a method and a detail; strangers choose the first two.
  static let textBytesMax = 1_024

  init(_ record: DeliveryRecord, at unixMilliseconds: Int64) {
    self.init()
    at = unixMilliseconds
    outcome = record.outcome.rawValue
    status = record.status
    reason = record.reason
    detail = record.detail.map { $0.cut(toBytes: Self.textBytesMax) }
    route = record.route
    requestID = record.requestID
    delivery = record.delivery?.description
    remote = record.remote
    method = record.method.cut(toBytes: Self.textBytesMax)
    path = record.path.cut(toBytes: Self.textBytesMax)
    bodyBytes = record.bodyBytes
    upstream = record.upstream
    upstreamStatus = record.upstreamStatus
    attempts = record.attempts
    ageSeconds = record.ageSeconds
    secret = record.secretFingerprint
    isTest = record.isTest
    content = record.content
    verifyMicroseconds = Int(clamping: record.verifyNanoseconds / 1_000)
    upstreamMicroseconds = Int(clamping: record.upstreamNanoseconds / 1_000)
    totalMicroseconds = Int(clamping: record.totalNanoseconds / 1_000)
  }
}

extension DeliveryContent {
  var bytes: Int { head.count + body.count }
}

extension String {
  /// Its beginning; of a character that is cut a mark is left.
  fileprivate func cut(toBytes bytesMax: Int) -> String {
    utf8.count > bytesMax ? String(decoding: utf8.prefix(bytesMax), as: UTF8.self) : self
  }
}
