/// What an upstream does with one request, step by step. After the last step it reads the next request.
public struct UpstreamReply: Sendable {
  public enum Step: Sendable {
    case send([UInt8])
    /// A byte that TCP calls urgent, with a mark behind it.
    case sendMarked(UInt8)
    /// So many zero bytes, without holding them.
    case sendZeros(Int)
    case pause(milliseconds: Int)
    /// Closes, unless more bytes come before.
    case closeWhenIdle(milliseconds: Int)
    /// Says nothing until the other side is gone.
    case hang
    case close
    case reset
  }

  public var steps: [Step]

  public init(_ steps: [Step]) { self.steps = steps }

  public static let ok = answer(200, "OK", body: "ok")

  /// An answer with a Content-Length; `lines` are header lines without their ends.
  public static func answer(
    _ status: Int, _ reason: String = "Reason", lines: [String] = [], body: String = ""
  ) -> UpstreamReply {
    let all = ["HTTP/1.1 \(status) \(reason)"] + lines + ["Content-Length: \(body.utf8.count)", "", body]
    return raw(all.joined(separator: "\r\n"))
  }

  /// An answer in chunks.
  public static func chunked(_ parts: [String], lines: [String] = [], trailers: String = "") -> UpstreamReply
  {
    let head = (["HTTP/1.1 200 OK"] + lines + ["Transfer-Encoding: chunked", "", ""]).joined(
      separator: "\r\n")
    let chunks = parts.map { "\(String($0.utf8.count, radix: 16))\r\n\($0)\r\n" }.joined()
    return raw("\(head)\(chunks)0\r\n\(trailers)\r\n")
  }

  /// Exactly this text.
  public static func raw(_ text: String) -> UpstreamReply { UpstreamReply([.send(Array(text.utf8))]) }

  public static let close = UpstreamReply([.close])
  public static let reset = UpstreamReply([.reset])
  public static let hang = UpstreamReply([.hang])

  /// The text in pieces of so many bytes with a pause after each.
  public static func drip(_ text: String, pieces: Int, pauseMilliseconds: Int) -> UpstreamReply {
    let bytes = Array(text.utf8)
    return UpstreamReply(
      stride(from: 0, to: bytes.count, by: pieces).flatMap { start -> [Step] in
        [
          .send(Array(bytes[start..<min(start + pieces, bytes.count)])),
          .pause(milliseconds: pauseMilliseconds),
        ]
      })
  }

  public func then(_ more: Step...) -> UpstreamReply {
    UpstreamReply(steps + more)
  }

  public func after(milliseconds: Int) -> UpstreamReply {
    UpstreamReply([.pause(milliseconds: milliseconds)] + steps)
  }
}
