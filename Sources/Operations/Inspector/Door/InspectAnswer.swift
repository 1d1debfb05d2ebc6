public import Formats

/// What the daemon says to `inspect`: where the inspector is, and how somebody gets in.
public struct InspectAnswer: JSONCodedObject, Equatable {
  static let word = "inspect"

  public var ok = true
  /// Why there is no way in.
  public var message = ""
  /// Whether it is only not for him who asks.
  public var isForbidden = false
  /// The socket's path; nil over TCP.
  public var socket: String?
  /// `127.0.0.1:9465`, or the name that a browser shall use in its place; nil where it is a socket.
  public var address: String?
  /// Of a one-time link, over TCP.
  public var token: String?
  /// Whether anything can be changed there.
  public var actions = false

  public init() {}

  public static let fields: [JSONField<InspectAnswer>] = [
    .required("ok", \.ok), .required("message", \.message), .init("forbidden", \.isForbidden),
    .init("socket", \.socket), .init("address", \.address), .init("token", \.token),
    .init("actions", \.actions),
  ]

  static func refused(_ message: String, isForbidden: Bool = false) -> InspectAnswer {
    var answer = InspectAnswer()
    (answer.ok, answer.message, answer.isForbidden) = (false, message, isForbidden)
    return answer
  }
}

extension ControlClient {
  /// Where the inspector is; over TCP a link is made for it.
  public func inspect() throws(Failure) -> InspectAnswer {
    guard let answer = InspectAnswer(try bytes("\(InspectAnswer.word)\n", secondsMax: 10)) else {
      throw foreign
    }
    return answer
  }
}
