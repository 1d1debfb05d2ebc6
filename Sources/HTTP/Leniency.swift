/// How readers take what RFC 9112 forbids to send and lets a recipient forgive.
///
/// Nothing is forgiven a sender of requests. An app's answers are: it may have been at work for years behind a
/// reader that did. Where two readers could see the answer end at different places there is no leniency either.
public enum Leniency: Sendable {
  case none
  /// Bare LF for a line's end, a header field folded over several lines, no reason phrase, control bytes in it,
  /// a length said twice alike, tabs around it, blanks behind a chunk's size, any text for a chunk's extension,
  /// and that the very last LF behind chunks is missing.
  case ofAnswers
}
