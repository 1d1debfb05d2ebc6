import Foundation
import TestSupport
import Testing

/// `systemd/vesigate-alert`: what is wrong is told once, when it has changed, by mail or by a command.
@Suite struct AlertTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
    // What it looks at, and whom it tells: one says what a file holds, the other keeps what it gets.
    try directory.write(
      "vesigate", "#!/bin/sh\ncat \"${0%/*}/problems\"\nexit \"$(cat \"${0%/*}/code\")\"\n", mode: 0o755)
    try directory.write(
      "sendmail", "#!/bin/sh\n[ ! -e \"${0%/*}/down\" ] && cat >> \"${0%/*}/mail\"\n", mode: 0o755)
    try say("", code: 0)
  }

  private func say(_ problems: String, code: Int = 1) throws {
    try directory.write("problems", problems)
    try directory.write("code", "\(code)")
  }

  @discardableResult
  private func look(_ variables: [String: String] = ["ALERT_MAIL": "op@example.org"]) throws -> [String] {
    let child = try ChildProcess(
      ["sh", Project.root + "/systemd/vesigate-alert"],
      environment: ["PATH": "\(directory.path):/usr/bin:/bin", "STATE_DIRECTORY": directory.path]
        .merging(variables) { $1 })
    let status = child.waitForExit(within: 60)
    #expect(status == 0 || child.lines.last?.hasPrefix("<3>") == true, "\(child.lines)")
    return child.lines
  }

  private var mails: [String] {
    let text = (try? String(contentsOfFile: directory.path + "/mail", encoding: .utf8)) ?? ""
    return text.components(separatedBy: "To: op@example.org\n").dropFirst().map { $0 }
  }

  @Test func `a problem is mailed once it has stood for two looks, and its end once`() async throws {
    try await onThread {
      for _ in 0..<3 { #expect(try look() == []) }
      #expect(mails == [])
      try say("http://a/ does not answer: connect\n")
      try look()
      #expect(mails == [])
      for _ in 0..<3 { try look() }
      #expect(mails.count == 1)
      #expect(mails[0].contains(/Subject: vesigate on .*: 1 to look at\n/))
      #expect(mails[0].hasSuffix("\n\nhttp://a/ does not answer: connect\n"))
      try say("http://a/ does not answer: connect\n/hook: x\n")
      for _ in 0..<3 { try look() }
      #expect(mails.count == 2 && mails[1].contains(": 2 to look at\n"))
      try say("", code: 0)
      for _ in 0..<3 { try look() }
      #expect(mails.count == 3)
      #expect(mails[2].contains(": all is well again\n") && mails[2].contains("It was:\nhttp://a/ does not"))
    }
  }

  @Test func `what passes between two looks is told to nobody`() async throws {
    try await onThread {
      for problems in ["x\n", "", "y\n", "x\n", ""] {
        try say(problems)
        try look()
      }
      #expect(mails == [])
    }
  }

  /// As an upstream does that answers every other minute.
  @Test
  func `what comes and goes keeps nobody from being told of what lasts, nor is it told again and again`()
    async throws
  {
    try await onThread {
      for number in 0..<6 {
        try say("flaps\n" + (number > 1 ? "lasts\n" : ""))
        try look()
        try say(number > 1 ? "lasts\n" : "", code: number > 1 ? 1 : 0)
        try look()
      }
      #expect(
        mails.count == 1
          && mails.allSatisfy {
            $0.hasSuffix(
              ": 1 to look at\nContent-Type: text/plain; "
                + "charset=utf-8\n\nlasts\n")
          }, "\(mails)")
      try say("", code: 0)
      for _ in 0..<2 { try look() }
      #expect(mails.count == 2 && mails[1].hasSuffix("It was:\nlasts\n"))
    }
  }

  @Test func `a vesigate that gives no account is a problem too`() async throws {
    try await onThread {
      try say("vesigate: no daemon answers at /run/vesigate/control.sock\n", code: 69)
      for _ in 0..<2 { try look() }
      #expect(
        mails.count == 1 && mails[0].contains("gives no account of itself: vesigate: no daemon answers"))
    }
  }

  @Test func `who could not be told is told at the next look`() async throws {
    try await onThread {
      try directory.write("down", "")
      try say("x\n")
      try look()
      for _ in 0..<2 {
        #expect(try look().last?.hasPrefix("<3>vesigate-alert: nobody could be told") == true)
      }
      unlink(directory.path + "/down")
      for _ in 0..<2 { try look() }
      #expect(mails.count == 1)
    }
  }

  @Test func `a command takes the mail's place, and without either it stands in the journal`() async throws {
    try await onThread {
      let command = ["ALERT_COMMAND": "cat >> \(directory.path)/told-by"]
      // Not a word of it is the shell's.
      try say("route $(touch \(directory.path)/evil) `id` '; \"%s\n")
      for _ in 0..<3 { try look(command) }
      let told = try String(contentsOfFile: directory.path + "/told-by", encoding: .utf8)
      #expect(told.hasSuffix("\n\nroute $(touch \(directory.path)/evil) `id` '; \"%s\n"))
      #expect(!FileManager.default.fileExists(atPath: directory.path + "/evil"))
      try say("y\n")
      try look([:])
      let lines = try look([:])
      #expect(lines.count == 2 && lines[0].hasPrefix("<4>vesigate on ") && lines[1] == "<4>y", "\(lines)")
      #expect(mails == [])
    }
  }

  @Test func `the real program says what is wrong, and the same while it lasts`() async throws {
    try await onThread {
      let app = try RecordingUpstream { _ in .answer(500) }
      let gateway = try GatewayProcess.observed(
        [app.url()],
        more: GatewayConfig.route("/down", upstreams: ["http://127.0.0.1:\(try FreePort.take())/"]))
      #expect(try gateway.command("status", "--problems") == (0, []))
      for _ in 0..<3 { #expect(try gateway.post(SignedRequest()) == 500) }
      #expect(try gateway.post(SignedRequest().with { $0.target = "/down" }) == 502)
      let wanted = ["\(app.url()) answers 5xx", "http://127.0.0.1"]
      var problems: (status: Int32, lines: [String]) = (0, [])
      #expect(
        eventually {
          problems = (try? gateway.command("status", "--problems")) ?? problems
          return problems.lines.count == 2
        }, "\(problems)")
      #expect(problems.status == 1 && problems.lines[0] == wanted[0], "\(problems)")
      #expect(problems.lines[1].contains(" does not answer: connect"))
      #expect(try gateway.post(SignedRequest()) == 500)
      #expect(try gateway.command("status", "--problems").lines == problems.lines)
      try directory.write(
        "vesigate", "#!/bin/sh\nexec \(try GatewayBinary.path()) \"$@\" --config \(gateway.configPath)\n",
        mode: 0o755)
      for _ in 0..<2 { try look() }
      #expect(mails.count == 1 && mails[0].hasSuffix("\n\n" + problems.lines.map { $0 + "\n" }.joined()))
      #expect(gateway.terminate() == 0)
      for _ in 0..<2 { try look() }
      #expect(mails.count == 2 && mails[1].contains("no daemon answers at"))
      #expect(try gateway.command("status", "--problems", "--json").status == 64)
    }
  }

  /// `vesigate@NAME` has /var/lib/vesigate-NAME and /etc/default/vesigate-NAME. A purge of the package keeps its store,
  /// and takes away what the alert remembers.
  @Test func `no instance has a folder or a file of the alert's, whatever its name is`() throws {
    let folder = Project.root + "/systemd/"
    var own: [String] = []
    for name in try FileManager.default.contentsOfDirectory(atPath: folder) where !name.contains("@") {
      let lines = try String(contentsOfFile: folder + name, encoding: .utf8).split(separator: "\n")
      for line in lines {
        if let found = line.firstMatch(of: /^StateDirectory=(.*)/) { own.append("/var/lib/\(found.1)") }
        if let found = line.firstMatch(of: /^EnvironmentFile=-?(.*)/) { own.append(String(found.1)) }
      }
    }
    #expect(own.contains("/var/lib/vesigate.alert") && own.contains("/etc/default/vesigate.alert"), "\(own)")
    #expect(!own.contains { $0.contains(/^\/(var\/lib|etc\/default)\/vesigate-/) }, "\(own)")
    let removal = try String(contentsOfFile: Project.root + "/packaging/debian/postrm", encoding: .utf8)
    let removed = removal.split(separator: "\n").filter { $0.contains("rm -r") }
    #expect(removed.contains { $0.hasSuffix(" /var/lib/vesigate.alert") }, "\(removed)")
    #expect(!removed.contains { $0.contains("/var/lib/vesigate-") }, "\(removed)")
  }
}
