import Formats

@testable import Operations

/// What holds of any request to the inspector: a line for its Host, one for its address, and a form.
enum InspectorProperty {
  private static let judge = InspectorGuard(hosts: ["ops.example"])

  static func violation(_ input: [UInt8]) -> String? {
    let parts = input.split(separator: 0x0A, maxSplits: 2, omittingEmptySubsequences: false)
    var message = InspectorMessage()
    message.fields = [(name: "host", value: Array(parts[0]).text)]
    if parts.count > 1 { message.target = Array(parts[1]).text }
    if parts.count > 2 {
      message.method = "POST"
      message.body = Array(parts[2].prefix(InspectorMessage.formBytesMax))
      message.fields += [
        (name: "sec-fetch-site", value: "same-origin"),
        (name: "content-type", value: "application/x-www-form-urlencoded"),
      ]
    }
    return hostViolation(message) ?? requestViolation(message)
  }

  private static func hostViolation(_ message: InspectorMessage) -> String? {
    let host = message.single("host") ?? ""
    let isOwn = (InspectorGuard.ownHosts + judge.hosts).contains { own in
      let text = Array(host.utf8).lowercased.text
      let port = text.dropFirst(own.utf8.count)
      return text.hasPrefix(own)
        && (port.isEmpty
          || (port.first == ":" && (1...5).contains(port.utf8.count - 1)
            && port.dropFirst().utf8.allSatisfy(\.isASCIIDigit)))
    }
    if (judge.refusal(of: message) == nil) != isOwn { return "another host than it says" }
    guard let refusal = judge.refusal(of: message) else { return nil }
    let bytes = InspectorReply.refused(refusal).bytes()
    return bytes.fields.allSatisfy { Array($0.value.utf8).isFreeOfLineEndsAndNUL }
      ? nil : "a line end in a field"
  }

  private static func requestViolation(_ message: InspectorMessage) -> String? {
    guard let request = try? InspectorRequest(message) else { return nil }
    if request.query.all.count > InspectorFields.countMax || request.form.all.count > InspectorFields.countMax
    {
      return "more fields than there may be"
    }
    var again = InspectorMessage()
    again.target = "/" + request.segments.map { PageAddress($0).text.dropFirst() }.joined(separator: "/")
    let fields = request.query.all.filter { !$0.value.isEmpty }
    again.target += PageAddress(query: fields.map { (name: $0.name, value: $0.value) }).text.dropFirst()
    guard let read = try? InspectorRequest(again) else { return "what is written is not read" }
    if read.segments != request.segments { return "another path" }
    return read.query.all == fields ? nil : "other fields"
  }
}
