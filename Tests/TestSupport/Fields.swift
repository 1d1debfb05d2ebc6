public import Formats
public import HTTP

extension HeaderList {
  public init(_ fields: [(String, String)]) {
    self.init()
    for (name, value) in fields { append(name: name, value: value) }
  }

  public init(_ fields: KeyValuePairs<String, String>) {
    self.init(fields.map { ($0.key, $0.value) })
  }

  /// Each field as `Name: value`, in order.
  public var lines: [String] { textFields.map { "\($0.name): \($0.value)" } }

  /// The values of every field with this name, in whatever case.
  public func values(_ name: String) -> [String] {
    textFields.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
  }
}

extension RequestHead {
  /// A head as Framing would make it; the framing is that of `bodyBytes`, chunked when nil.
  public convenience init(
    _ method: String = "POST", _ target: String = "/hook", bodyBytes: Int? = nil,
    _ fields: [(String, String)] = [], minorVersion: Int = 1
  ) {
    let headers = HeaderList(fields)
    var hostIndex: Int?
    if case .once(let index) = headers.occurrence(of: Array("host".utf8)) { hostIndex = index }
    self.init(
      method: method, target: Array(target.utf8), minorVersion: minorVersion, headers: headers,
      framing: bodyBytes.map { .length($0) } ?? .chunked, hostIndex: hostIndex)
  }
}

extension BodyBuffer {
  public convenience init(_ bytes: [UInt8]) {
    self.init()
    bytes.withUnsafeBytes { append($0) }
  }
}

/// Noon of the sample delivery, which is signed at this very second.
public let sampleMoment = Moment(unixMilliseconds: 1_781_519_012_000, uptimeNanoseconds: 7_000_000_000)

public func moment(secondsAfterSample seconds: Double) -> Moment {
  Moment(
    unixMilliseconds: sampleMoment.unixMilliseconds + Int64((seconds * 1000).rounded()),
    uptimeNanoseconds: sampleMoment.uptimeNanoseconds)
}

/// The body of the published vector.
public let sampleBody: [UInt8] = Array(
  """
  {"event":"payment.completed","data":{"reference":"PAYIN-VES-1781519012","status":"completed",\
  "amount":3.1,"currency":"ZMW"}}
  """.utf8)
