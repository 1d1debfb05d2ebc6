@testable import Operations

/// What holds of any line that somebody says at the control socket.
enum ControlProperty {
  static func violation(_ input: [UInt8]) -> String? {
    let line = input.text
    if let request = ControlRequest(rawValue: line), request.rawValue != line { return "another request" }
    if let tail = TailRequest(line: line) {
      guard TailRequest(line: String(tail.line.dropLast())) == tail else {
        return "a tail that reads back differently"
      }
    }
    guard let capture = CaptureRequest(line: line) else { return nil }
    guard (1...CaptureRequest.countMax).contains(capture.count),
      (1...CaptureRequest.secondsMax).contains(capture.seconds), capture.route.first == "/",
      Array(capture.route.utf8).allSatisfy({ (0x21...0x7E).contains($0) })
    else { return "a capture without bounds" }
    return CaptureRequest(line: String(capture.line.dropLast())) == capture
      ? nil : "it reads back differently"
  }
}
