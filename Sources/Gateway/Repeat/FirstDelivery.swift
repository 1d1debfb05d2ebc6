/// A delivery that nobody has sent before, on a synchronous route that knows repetitions.
struct FirstDelivery {
  let key: DedupeKey
  let known: KnownDeliveries
  let tee: AnswerTee
  /// Why no upstream answered, where that is so.
  var failure: ForwardFailure?

  /// Tells whoever has repeated it meanwhile.
  func end(bytesMax: Int) {
    if let answer = tee.answer, failure == nil {
      known.end(key, .answered(answer), bytesMax: bytesMax)
    } else {
      let rejection = failure.map(Rejection.upstream) ?? .notKept(.closing)
      known.end(key, .failed(rejection), bytesMax: bytesMax)
    }
  }
}
