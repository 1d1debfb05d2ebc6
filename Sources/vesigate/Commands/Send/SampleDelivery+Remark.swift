internal import Configuration
internal import Gateway
internal import Signing

extension SampleDelivery {
  /// Of an event that has no sample of its own and is spelled much like one that has; nil of any other, for a sender's
  /// events are more than those.
  static func remark(on event: String, of layout: SignatureLayout) -> String? {
    let known = events(of: layout)
    guard !known.contains(event), let near = Suggestion.nearest(to: event, among: known) else { return nil }
    return "\(event) is no event that is known here, did you mean \"\(near)\"?"
  }
}
