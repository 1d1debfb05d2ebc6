import Foundation
import TestSupport
import Testing

/// What is secret is shown nowhere, and no sender writes a line of the log.
@Suite(.ownThread) struct SecrecyHostileTests {
  private static let body = "a body that nobody else may read"

  /// Whatever can go wrong, once each; the signature that was right is returned.
  private func provoke(_ gateway: GatewayProcess) throws -> String {
    let genuine = SignedRequest(Self.body)
    let stamped = genuine.with { $0.timestamp = genuine.timestampText }
    let signature = SignedRequest.sign(
      stamped.body, timestamp: stamped.timestampText, secret: GatewayProcess.secret)
    let requests = [
      stamped, stamped.with { $0.secret = "another" }, stamped.with { $0.signature = signature + "00" },
      stamped.with {
        $0.signature = signature; $0.body += [1]
      }, stamped.with { $0.chunks = [3] },
      genuine.with { $0.shiftSeconds = -999 }, stamped.with { $0.target = "/lost" },
      stamped.with { $0.method = "PUT" }, stamped.with { $0.lines.append("Transfer-Encoding: chunked") },
      stamped.with { $0.lines.append("Expect: \(signature)") },
      stamped.with { $0.lines.append("Host: \(signature)") },
    ]
    for request in requests {
      let client = try gateway.connect()
      client.offer(request.bytes)
      let response = try client.response()
      for secret in [GatewayProcess.secret, signature, Self.body] where response.status != 200 {
        #expect(!(response.head.bytes + response.body).contains(secret))
      }
    }
    return signature
  }

  /// Which of these texts stand in `bytes`.
  private func found(_ secrets: [String], in bytes: [UInt8]) -> String {
    let names = secrets.filter { bytes.contains($0) }
    return names.isEmpty ? "none" : names.map { "\"\($0.prefix(12))...\"" }.joined(separator: ", ")
  }

  @Test func `secrets, signatures and bodies are in no log, argument, environment or answer`() throws {
    let upstream = try RecordingUpstream { $0.turn == 1 ? .reset : .ok }
    let gateway = try GatewayProcess(
      config: GatewayConfig.text(upstreams: [upstream.url()], top: "log: {level: debug}", workers: 1))
    let secrets = [GatewayProcess.secret, try provoke(gateway), Self.body]
    gateway.signal(SIGHUP)
    try gateway.waitForLog(containing: "reload")
    for name in ["cmdline", "environ", "comm", "status"] {
      HostileTable.row(.secrecy, "/proc/PID/\(name)", expected: "none") {
        found(secrets, in: gateway.procFile(name))
      }
    }
    HostileTable.row(.secrecy, "core size", expected: "0") {
      let line = gateway.procFile("limits").latin1.split(separator: "\n").first { $0.hasPrefix("Max core") }
      return line?.split(separator: " ").dropFirst(4).first.map(String.init) ?? "no such limit"
    }
    HostileTable.row(.secrecy, "dumpable (/proc/PID/mem is root's alone)", expected: "0:0") {
      // The kernel gives the files of an undumpable process to root, whoever runs it.
      var info = stat()
      guard stat("/proc/\(gateway.pid)/environ", &info) == 0 else { return "no such file" }
      return "\(info.st_uid):\(info.st_gid)"
    }
    #expect(gateway.terminate() == 0)
    HostileTable.row(
      .secrecy, "the log at level debug, after \(gateway.log.count > 10 ? "all of it" : "little")",
      expected: "none"
    ) {
      found(secrets, in: Array(gateway.log.joined(separator: "\n").utf8))
    }
  }

  @Test func `a crash shows nothing of memory`() throws {
    let upstream = try RecordingUpstream()
    let gateway = try GatewayProcess(
      config: GatewayConfig.text(upstreams: [upstream.url()]), environment: ["SWIFT_BACKTRACE": "enable=no"])
    let signature = try provoke(gateway)
    gateway.signal(SIGABRT)
    let status = gateway.waitForExit(within: 20)
    #expect(status == 128 + SIGABRT)
    HostileTable.row(.secrecy, "what is written when it crashes", expected: "none") {
      found(
        [GatewayProcess.secret, signature, Self.body], in: Array(gateway.log.joined(separator: "\n").utf8))
    }
  }

  // MARK: The log

  /// Bytes that would end a line or steer a terminal, wherever they may stand in a request.
  private static let inscriptions = RawText.rows(
    #"""
    GET /x%0d%0alevel=error HTTP/1.1\r\nHost: a\r\n\r\n
    POST /x\x1b[2J HTTP/1.1\r\nHost: a\r\n\r\n
    POST /x" HTTP/1.1\r\nHost: a\r\n\r\n
    POST /x'"status=200 HTTP/1.1\r\nHost: a\r\n\r\n
    POST /x=y HTTP/1.1\r\nHost: a\r\n\r\n
    POST /x?\x0d\x0amsg=forged HTTP/1.1\r\nHost: a\r\n\r\n
    POST /x HTTP/1.1\r\nHost: a\r\nX-Request-Id: a\x1b]0;b\x07\r\n\r\n
    POST /x HTTP/1.1\r\nHost: a\r\nX-Request-Id: a msg=forged\r\n\r\n
    POST /x HTTP/1.1\r\nHost: a\r\nX-Request-Id: "\r\n\r\n
    POST /x HTTP/1.1\r\nHost: a\r\nX-Request-Id: \xe2\x80\xa8msg=forged\r\n\r\n
    POST /x HTTP/1.1\r\nHost: a\r\nX-Request-Id: \xc2\x9b31m\r\n\r\n
    POST /x HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 1.2.3.4\tmsg=forged\r\n\r\n
    POST /x HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: \x9b31m\r\n\r\n
    POST /x HTTP/1.1\r\nHost: a\r\nForwarded: for="\\"\r\n\r\n
    M"X /x HTTP/1.1\r\nHost: a\r\n\r\n
    MSG=forged /x HTTP/1.1\r\nHost: a\r\n\r\n
    M|X /x HTTP/1.1\r\nHost: a\r\n\r\n
    \x1b[31m\r\n\r\n
    level=error msg=forged\r\n\r\n
    """#)

  @Test(arguments: ["logfmt", "json"])
  func `one event is one line, and no byte of a sender's begins, ends or colours one`(format: String) throws {
    let upstream = try RecordingUpstream()
    let gateway = try GatewayProcess(
      config: GatewayConfig.text(
        upstreams: [upstream.url()], top: "log: {format: \(format)}\ntrusted-proxies: [127.0.0.1]"),
      readyText: format == "json" ? "\"msg\":\"ready\"" : "msg=ready")
    for row in Self.inscriptions {
      HostileTable.row(.logLines, "\(format), \(row)", expected: "one line, plain, its own words") {
        let before = gateway.log.count
        let client = try gateway.connect()
        client.offer(row.unescaped.latin1Bytes)
        _ = try client.response()
        guard eventually({ gateway.log.count > before }) else { return "no line" }
        usleep(20_000)
        let lines = gateway.log.dropFirst(before)
        guard lines.count == 1, let line = lines.first else { return "\(lines.count) lines" }
        return Self.isSound(line, format) ? "one line, plain, its own words" : line
      }
    }
    #expect(try gateway.exchange(SignedRequest().bytes).status == 200)
  }

  /// Printable, and with the fields that a refusal has, each once.
  private static func isSound(_ line: String, _ format: String) -> Bool {
    let isPlain = line.unicodeScalars.allSatisfy { scalar in
      scalar.value >= 0x20 && scalar.value != 0x7F && !(0x80...0x9F).contains(scalar.value)
        && scalar.value != 0x2028 && scalar.value != 0x2029
    }
    guard isPlain else { return false }
    if format == "json" {
      let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      return object?["msg"] as? String == "delivery" && object?["outcome"] as? String == "refused"
    }
    let outside = words(outsideQuotes: line)
    return outside.filter { $0.hasPrefix("msg=") } == ["msg=delivery"]
      && outside.filter { $0.hasPrefix("outcome=") } == ["outcome=refused"]
      && outside.count { $0.hasPrefix("status=") } == 1 && outside.count { $0.hasPrefix("level=") } <= 1
  }

  private static func words(outsideQuotes line: String) -> [String] {
    var words = [""]
    var isQuoted = false
    var isEscaped = false
    for character in line {
      if isQuoted {
        if isEscaped {
          isEscaped = false
        } else if character == "\\" {
          isEscaped = true
        } else if character == "\"" {
          isQuoted = false
        }
      } else if character == "\"" {
        isQuoted = true
      } else if character == " " {
        words.append("")
      } else {
        words[words.count - 1].append(character)
      }
    }
    return words
  }
}
