import Foundation
import TestSupport
import Testing

/// Answers that are made to end the command that asked, or to write on the terminal that shows them.
struct HostileAnswerTests {
  let fixture: CommandFixture

  init() throws { fixture = try CommandFixture() }

  /// C0 and C1 controls, DEL, direction marks: nothing that a terminal obeys.
  private func isTame(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { scalar in
      scalar == "\n"
        || scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value)
          && ![.format, .lineSeparator, .paragraphSeparator].contains(scalar.properties.generalCategory)
    }
  }

  static let evil = "\u{1B}]0;owned\u{07}\u{9B}31m\u{202E}\u{2066}\u{2028}\u{7F}\r\u{8}"

  @Test func `an answer is shown without what a terminal obeys`() async throws {
    try await onThread {
      let upstream = try RecordingUpstream { _ in
        .answer(
          200, "OK \u{1B}[2J", lines: ["X-App: \u{1B}]0;owned\u{07}\u{9B}31m"],
          body: "a\n\tb \(Self.evil) é\n")
      }
      let sent = try fixture.vesigate(
        [
          "send", "--secret-file", try fixture.write("secret", "s3cret-of-the-test\n"), "--url",
          upstream.url(),
        ],
        input: Array("{}".utf8))
      #expect(sent.status == 0)
      #expect(isTame(sent.text.replacingOccurrences(of: "\t", with: " ")), "\(sent.text.debugDescription)")
      #expect(sent.text.contains("\n\na\n\tb \\x1b]0;owned\\x07\\xc2\\x9b31m\\xe2\\x80\\xae"), "\(sent.text)")
      #expect(sent.text.hasSuffix(" é\n\n"), "what prints is shown as it is")
    }
  }

  /// What a program reads is the answer as it came.
  @Test func `bytes that are no text are told as bytes`() async throws {
    try await onThread {
      let upstream = try RecordingUpstream { _ in
        UpstreamReply([
          .send(Array("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n".utf8) + [0x9B, 0xFF, 0x41, 0x0A])
        ])
      }
      let sent = try fixture.vesigate(
        [
          "send", "--secret-file", try fixture.write("secret", "s3cret-of-the-test\n"), "--url",
          upstream.url(),
        ],
        input: Array("{}".utf8))
      #expect(isTame(sent.text), "\(sent.text.debugDescription)")
      #expect(sent.text.hasSuffix("\\x9b\\xffA\n\n"), "\(sent.text)")
    }
  }

  @Test func `what a provider's API says is told without what a terminal obeys`() async throws {
    try await onThread {
      let message =
        #"{"status":"error","message":"no \#(Self.evil.filter { $0.asciiValue == nil })\u009b31m\u202eEVIL"}"#
      let api = try RecordingUpstream { _ in .answer(400, "Bad", body: message) }
      let config = try fixture.writeConfiguration(secret: "s3cret-of-the-test")
      let key = try fixture.write("api-key", "key-of-the-test\n", mode: 0o600)
      let text = try String(contentsOfFile: config, encoding: .utf8)
      try fixture.write(
        "vesigate.yaml",
        text + "    rotation: {api: \"http://127.0.0.1:\(api.port)\", api-key-file: \(key)}\n")
      let rotated = try fixture.vesigate(["secret", "rotate", "--yes", "--no-daemon", "--config", config])
      #expect(rotated.status == 76, "\(rotated.errors)")
      #expect(rotated.errors.contains("EVIL"), "\(rotated.errors)")
      #expect(isTame(rotated.errors), "\(rotated.errors.debugDescription)")
    }
  }

  @Test(arguments: ["-9223372036854775808", "-1", "9223372036854775807", "1e400"])
  func `what answers in the daemon's place for a tail is told without what a terminal obeys`(number: String)
    throws
  {
    let word = #"\u001b]0;owned\u0007\u009b31m\u202e\n12:00:00"#
    let glance = """
      {"at":\(number),"outcome":"\(word)","status":\(number),"reason":"\(word)","route":"\(word)","attempt":\(number),\
      "microseconds":\(number),"fields":{"\(word)":"\(word)"}}
      """
    let answer = "tailing\n\(glance)\n{\"dropped\":\(number)}\n"
    let config = try configuration()
    let responder = try UnixResponder(path: fixture.path("control.sock"), answer: Array(answer.utf8))
    try withExtendedLifetime(responder) {
      for option in [[], ["--json"]] {
        let ended = try fixture.vesigate(["tail", "--config", config] + option)
        #expect(ended.status == 69, "\(ended.status) \(ended.errors)")
        #expect(isTame(ended.text) && isTame(ended.errors), "\(ended.text.debugDescription)")
        #expect(ended.lines.count <= 2, "\(ended.text)")
      }
    }
  }

  // MARK: What answers in the daemon's place

  private func configuration() throws -> String {
    let config = try fixture.writeConfiguration(secret: "s3cret-of-the-test")
    let text = try String(contentsOfFile: config, encoding: .utf8)
    return try fixture.write("vesigate.yaml", "control: \(fixture.path("control.sock"))\n" + text)
  }

  private static func report(_ number: String, _ word: String) -> String {
    """
    {"version":"\(word)","pid":\(number),"now":\(number),"startedAt":-9223372036854775808,"phase":"\(word)",\
    "listen":["\(word)"],"generation":\(number),"reload":{"taken":\(number),"refused":\(number),\
    "isLastTaken":true,"takenAt":9223372036854775807},"inFlight":\(number),"inFlightBytes":\(number),\
    "held":\(number),"connections":\(number),"logLinesDropped":\(number),"remarks":["\(word)"],\
    "noRoute":{"\(word)":\(number)},"routesOmitted":\(number),"routes":[{"name":"\(word)","fingerprints":["\(word)"],\
    "previous":[{"fingerprint":"\(word)","until":9223372036854775807}],"secretModifiedAt":-9223372036854775808,\
    "lastVerifiedAt":9223372036854775807,"lastRefusal":{"reason":"\(word)","at":-9223372036854775808},\
    "outcomes":{"\(word)":\(number)},"refusals":{"\(word)":\(number)},"clock":{"isAlarming":true,"finding":"\(word)"},\
    "upstreams":["\(word)"]}],"upstreams":[{"name":"\(word)","isFailing":true,"lastAnsweredAt":9223372036854775807,\
    "lastStatus":\(number),"lastFailedAt":\(number),"lastFailure":"\(word)"}],\
    "ok":true,"message":"\(word)","files":[{"path":"\(word)","fingerprints":["\(word)"],"journal":{"began":\(number)},\
    "heldTotal":\(number),"rejudged":\(number),"deferred":\(number),"revoked":\(number),\
    "atAnnouncement":{"heldTotal":9223372036854775807,"deferred":-9223372036854775808}}]}

    """
  }

  @Test(arguments: ["-9223372036854775808", "-1", "0", "9223372036854775807", "9223372036854775808", "1e400"])
  func `numbers of any size in the daemon's place are told or refused`(number: String) throws {
    let word = #"\u001b]0;owned\u0007\u009b31m\u202e"#
    let config = try configuration()
    let responder = try UnixResponder(
      path: fixture.path("control.sock"), answer: Array(Self.report(number, word).utf8))
    try withExtendedLifetime(responder) {
      for command in [
        ["status"], ["status", "--json"], ["reload"], ["reload", "--wait"], ["secret", "list"],
        ["capture", "--directory", fixture.directory],
      ] {
        let ended = try fixture.vesigate(command + ["--config", config])
        #expect((0..<128).contains(ended.status), "\(command) \(ended.status)")
        #expect(isTame(ended.text), "\(command) \(ended.text.debugDescription.prefix(400))")
        #expect(isTame(ended.errors), "\(command) \(ended.errors.debugDescription.prefix(400))")
      }
    }
  }

  private static func report(routes: String, more: String) -> String {
    #"{"version":"0","phase":"listening","reload":{},"routes":[\#(routes)],\#(more)}"# + "\n"
  }

  /// A route is listed or left out; how many there are is a sum of what two places say.
  @Test(arguments: [
    (#"{"name":"/a"}"#, "9223372036854775807", "9223372036854775807"), ("", "1", "1"),
    (#"{"name":"/a"},{"name":"/b"}"#, "-1", "1"), ("", "-9223372036854775808", "-9223372036854775808"),
  ])
  func `routes that are not one are counted, however many are said to be left out`(
    routes: String, omitted: String, count: String
  ) throws {
    let config = try configuration()
    let answer = Self.report(routes: routes, more: #""routesOmitted":\#(omitted)"#)
    let responder = try UnixResponder(path: fixture.path("control.sock"), answer: Array(answer.utf8))
    try withExtendedLifetime(responder) {
      let ended = try fixture.vesigate(["capture", "--directory", fixture.directory, "--config", config])
      #expect(ended.status == 64, "\(ended.status) \(ended.errors)")
      #expect(ended.errors == "vesigate: there are \(count) routes: say which with --route\n")
    }
  }

  /// The reasons decide which of these numbers are calculated with.
  @Test(arguments: ["mismatch", "stale", "signature-missing"])
  func `what is calculated for a refused delivery's reason fits whatever the numbers are`(reason: String)
    throws
  {
    let (least, most) = ("-9223372036854775808", "9223372036854775807")
    let config = try configuration()
    for (now, at, age) in [(most, least, least), (least, most, most), ("0", least, "0")] {
      let route = #"""
        {"name":"/a","lastRefusal":{"reason":"\#(reason)","at":\#(at),"ageSeconds":\#(age)},\#
        "refusals":{"method":\#(most),"\#(reason)":\#(most),"other":1}}
        """#
      let answer = Self.report(routes: route, more: #""now":\#(now)"#)
      let path = fixture.path("control.sock")
      unlink(path)
      let responder = try UnixResponder(path: path, answer: Array(answer.utf8))
      try withExtendedLifetime(responder) {
        let ended = try fixture.vesigate(["status", "--config", config])
        #expect(ended.status == 0, "\(ended.status) \(ended.errors)")
        #expect(ended.text.contains(": \(reason)"), "\(ended.text)")
      }
    }
  }

  @Test(arguments: [
    String(repeating: "[", count: 500_000), String(repeating: #"{"a":"#, count: 500_000),
    String(repeating: "[{\"a\":", count: 200_000), "\u{FEFF}{}", "{\"version\":\"\u{1B}[2J\"}", "",
    "waiting\ncaptured 99999999999999999999 1 x\n", "waiting\ncaptured -1 1 x\n",
    "waiting\ncaptured 3 9223372036854775807 \u{1B}[2J\u{9B}31m\nabcend complete\n",
    "waiting\ncaptured 3 -9223372036854775808 x\nabcend complete\n", "waiting\nrefused \u{1B}[2J\n",
    "waiting\ncaptured 3 -1 x\nabcend complete\n",
  ])
  func `nonsense in the daemon's place is refused`(answer: String) throws {
    let config = try configuration()
    let responder = try UnixResponder(path: fixture.path("control.sock"), answer: Array(answer.utf8))
    try withExtendedLifetime(responder) {
      for command in [
        ["status"], ["reload"], ["secret", "list"],
        ["capture", "--seconds-max", "2", "--directory", fixture.directory],
      ] {
        let ended = try fixture.vesigate(command + ["--config", config])
        #expect((0..<128).contains(ended.status), "\(command) \(ended.status)")
        #expect(
          isTame(ended.text + ended.errors), "\(command) \((ended.text + ended.errors).debugDescription)")
      }
    }
  }

  /// Each is written to a new file, so more than were asked for would fill the folder.
  @Test func `no more files are written than were asked for`() throws {
    let config = try configuration()
    let folder = fixture.path("captures")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    let many = "waiting\n" + String(repeating: "captured 3 1000 mismatch\nabc", count: 50) + "end complete\n"
    let responder = try UnixResponder(path: fixture.path("control.sock"), answer: Array(many.utf8))
    try withExtendedLifetime(responder) {
      let ended = try fixture.vesigate([
        "capture", "--route", "/webhooks/vesicash", "--count", "2", "--directory", folder, "--config", config,
      ])
      #expect(ended.status == 69, "\(ended.status) \(ended.errors)")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 2)
    }
  }

  @Test func `a capture that is said to be complete and is not ends with 75`() throws {
    let config = try configuration()
    let responder = try UnixResponder(
      path: fixture.path("control.sock"), answer: Array("waiting\nend complete\n".utf8))
    try withExtendedLifetime(responder) {
      let ended = try fixture.vesigate([
        "capture", "--route", "/webhooks/vesicash", "--directory", fixture.directory, "--config", config,
      ])
      #expect(ended.status == 75, "\(ended.status) \(ended.errors)")
    }
  }

  // MARK: What is typed

  /// What would be put behind it would lie in the root.
  @Test func `an empty folder for captures is a mistake of usage`() throws {
    let ended = try fixture.vesigate(["capture", "--directory", "", "--config", try configuration()])
    #expect(ended.status == 64, "\(ended.status)")
    #expect(ended.errors.contains("--directory must be a folder"), "\(ended.errors)")
  }

  @Test(arguments: ["1\r\nX-Evil: y", "1.0", "-1", "12345678901234567", " 1", "\u{661}"], ["sign", "send"])
  func `a timestamp that no header of the layout holds is a mistake of usage`(text: String, command: String)
    throws
  {
    try expectUsage(command, "--timestamp=\(text)", "--timestamp")
  }

  @Test(arguments: ["a\r\nX-Evil: y", "a.b", "a b", String(repeating: "a", count: 129)], ["sign", "send"])
  func `an id that no header of the layout holds is a mistake of usage`(text: String, command: String) throws
  {
    try expectUsage(command, "--id=\(text)", "--id", ["--signature", "standard-webhooks"])
  }

  private func expectUsage(_ command: String, _ option: String, _ name: String, _ more: [String] = []) throws
  {
    let secret = try fixture.write("secret", "whsec_\(PresetCase.whsec)\n")
    let url = command == "send" ? ["--url", "http://127.0.0.1:9/"] : []
    let ended = try fixture.vesigate(
      [command, "--secret-file", secret, option] + more + url, input: Array("{}".utf8))
    #expect(ended.status == 64, "\(ended.text)")
    #expect(ended.text == "")
    #expect(ended.errors.contains("vesigate: \(name) must be "), "\(ended.errors)")
  }

  @Test func `an id is what it likes where the layout signs none`() throws {
    let secret = try fixture.write("secret", "s3cret-of-the-test\n")
    let ended = try fixture.vesigate(
      ["sign", "--secret-file", secret, "--id", "a.b"], input: Array("{}".utf8))
    #expect(ended.status == 0)
  }
}
