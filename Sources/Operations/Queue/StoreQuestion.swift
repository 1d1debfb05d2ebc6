public import Formats

/// What commands ask about the store: a word and an object, in one line.
public protocol StoreQuestion: JSONCodedObject {
  associatedtype Answer: StoreAnswer

  /// With the blank behind it.
  static var word: String { get }
  /// An answer comes within it.
  static var secondsMax: Int { get }
}

/// What the daemon says to that.
public protocol StoreAnswer: JSONCodedObject {
  var ok: Bool { get }
  /// Why it is not, or what there is to say beside it.
  var message: String { get }
}

extension StoreQuestion {
  /// Names of routes and upstreams are no longer than the configuration lets them be.
  static var lineBytesMax: Int { 8_192 }

  init?(line: String) {
    guard line.hasPrefix(Self.word) else { return nil }
    self.init(Array(line.dropFirst(Self.word.count).utf8))
  }

  /// As it goes over the socket, its end included.
  var requestLine: String { Self.word + json + "\n" }
}

extension ControlClient {
  /// - Parameter secondsMax: how long to wait for it, where that is not all the time the daemon may take.
  public func ask<Question: StoreQuestion>(
    _ question: Question, secondsMax: Int? = nil
  ) throws(Failure) -> Question.Answer {
    let bytes = try bytes(question.requestLine, secondsMax: secondsMax ?? Question.secondsMax)
    guard let answer = Question.Answer(bytes) else { throw foreign }
    return answer
  }
}
