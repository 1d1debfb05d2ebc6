internal import Formats
internal import Operations
internal import POSIX

/// Quarantined deliveries for people, in lines that fit 80 columns but where a name is longer.
enum QuarantineText {
  static func lines(of delivery: QuarantineAnswer.Delivery) -> [String] {
    let age = TimeText.age(from: delivery.arrived, to: Clocks.now().unixMilliseconds)
    return [
      "\(delivery.id)  \(delivery.reason)  \(age) ago, \(delivery.bodyBytes) bytes",
      "  \(delivery.route)",
    ]
  }

  static func whole(_ delivery: QuarantineAnswer.Delivery) -> [String] {
    var lines = lines(of: delivery)
    let from = delivery.remote.map { " from \($0)" } ?? ""
    let request = delivery.requestID.map { ", request \($0)" } ?? ""
    let arrived = "  arrived \(TimeText.utc(unixMilliseconds: delivery.arrived))"
    lines += FoldedText.lines(arrived + from + request, behind: "    ")
    if let remark = delivery.remark { lines.append("  ! \(remark)") }
    if let request = delivery.request { lines.append("    " + request) }
    return lines + delivery.fields.flatMap { FoldedText.lines("    " + $0, behind: "      ") }
  }

  static func released(_ sum: QuarantineAnswer, isDry: Bool) -> [String] {
    let parts: [(Int, String)] = [
      (sum.duplicates, "\(sum.duplicates) had come again by then"),
      (sum.unverified, "\(sum.unverified) not verified"),
      (sum.revoked, "\(sum.revoked) by a secret alone that was compromised"),
      (sum.waiting, "\(sum.waiting) left for later: the store or a rotation is in the way"),
      (sum.broken, "\(sum.broken) thrown away: not what was kept"),
    ]
    let others = parts.filter { $0.0 > 0 }.map(\.1)
    let done = isDry ? "\(sum.count) would be queued" : "\(sum.count) queued"
    let text = ([done] + others).joined(separator: ", ") + (isDry ? "; nothing was done" : "")
    return FoldedText.lines(text, behind: "  ")
  }
}
