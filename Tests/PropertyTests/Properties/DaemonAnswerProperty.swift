import Formats
import Telemetry

@testable import Operations

/// What holds of whatever answers in the daemon's place: it is read or refused, what is read is written so that it
/// reads as the same, and what is shown of it is no command to a terminal.
enum DaemonAnswerProperty {
  static func violation(_ input: [UInt8]) -> String? {
    reportViolation(input) ?? answerViolation(input) ?? captureViolation(input)
      ?? glanceViolation(input)
  }

  private static func reportViolation(_ input: [UInt8]) -> String? {
    guard let report = StatusReport(input) else { return nil }
    guard StatusReport(Array(report.line.utf8)) == report else {
      return "a report that reads back differently"
    }
    let line = StatusReport.line(report.json, fileProblem: input.text)
    guard StatusReport(Array(line.utf8)) == report else { return "a report that a file's problem changes" }
    let texts = [nil, 23, 3].map { StatusText(report, fileRemark: input.text, rows: $0) }
    let lines = texts.flatMap(\.lines) + report.problems(fileRemark: input.text)
    let shown = lines.map { TerminalText.shown($0) }
    guard texts.dropFirst().allSatisfy({ $0.lines.count <= 23 }) else {
      return "more lines than there is room for"
    }
    return shown.allSatisfy(isTame) && isTame(TerminalText.shown(json: line)) && !report.json.contains("\n")
      ? nil : "a control character is shown"
  }

  private static func answerViolation(_ input: [UInt8]) -> String? {
    guard let answer = ControlAnswer(input) else { return nil }
    guard ControlAnswer(Array(answer.line.utf8)) == answer else {
      return "an answer that reads back differently"
    }
    // What is taken from one another may come from anywhere.
    for file in answer.files {
      _ = (file.totals - (file.atAnnouncement ?? file.totals), answer.file(file.path))
    }
    return isTame(TerminalText.shown(answer.message)) ? nil : "a control character is shown"
  }

  /// What a tail shows is one line, whatever is in it.
  private static func glanceViolation(_ input: [UInt8]) -> String? {
    guard let glance = Glance(input) else { return nil }
    guard Glance(Array(glance.line.utf8)) == glance else { return "a glance that reads back differently" }
    let line = "\(Glance.time(glance.at)) \(glance.statusText) \(glance.words)"
    return isTame(line) && !line.contains("\n") && !line.contains("\t") && !glance.json.contains("\n")
      ? nil : "a control character is shown"
  }

  // MARK: Captures

  /// The first byte says how many requests were asked for.
  private static func captureViolation(_ input: [UInt8]) -> String? {
    let countMax = Int(input.first ?? 0) % 4
    let frames = Array(input.dropFirst())
    let whole = answers(frames, countMax, pieces: frames.count)
    guard whole.filter(\.isRequest).count <= countMax else { return "more requests than were asked for" }
    guard answers(frames, countMax, pieces: 1) == whole, answers(frames, countMax, pieces: 7) == whole else {
      return "pieces that are read differently"
    }
    guard whole.allSatisfy({ $0.isSound }) else { return "an unsound piece" }
    return answers(whole.flatMap(\.bytes), countMax, pieces: 64) == whole ? nil : "it reads back differently"
  }

  private static func answers(_ bytes: [UInt8], _ count: Int, pieces: Int) -> [CaptureAnswer] {
    var reader = CaptureReader(count: count)
    var answers: [CaptureAnswer] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      reader.take(rest.prefix(max(pieces, 1)))
      rest = rest.dropFirst(max(pieces, 1))
      do {
        while let answer = try reader.next() {
          answers.append(answer)
          if answer.isLast { return answers }
        }
      } catch {
        return answers
      }
    }
    return answers
  }

  /// Nothing that a terminal obeys; a line may end, and a tab stands in a table.
  private static func isTame(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { scalar in
      scalar == "\n" || scalar == "\t" || scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value)
    }
  }
}

extension CaptureAnswer {
  fileprivate var isRequest: Bool { if case .captured = self { true } else { false } }

  fileprivate var isLast: Bool {
    switch self {
    case .end, .refused: true
    case .waiting, .captured: false
    }
  }

  fileprivate var isSound: Bool {
    guard case .captured(let request) = self else { return true }
    return UnixTime.milliseconds.contains(request.arrivalUnixMilliseconds)
      && request.bytes.count <= CaptureReader.requestBytesMax && !request.reason.isEmpty
  }
}
