import Formats
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Operations

/// The control socket as commands see it: over a real socket, one line in, one line out, closed.
@Suite struct ControlProtocolTests {
  static let answer = ControlAnswer(
    ok: true, generation: 7, pid: 123, message: "1 route", files: [rotated, untouched])

  private static let rotated: ControlAnswer.File = {
    var file = ControlAnswer.File()
    file.path = "/s"
    file.fingerprints = ["aaaa0000", "bbbb1111"]
    file.previous = [ReplacedSecret(fingerprint: "cccc2222", until: 1_795_296_000_000)]
    file.journal = .init(began: 5, mode: "by-hand", compromised: true)
    file.readAt = 6
    file.held = 1
    file.totals = .init(held: 2, rejudged: 3, deferred: 6, revoked: 5)
    file.overflowed = 4
    file.atAnnouncement = .init(held: 1, rejudged: 2, deferred: 3, revoked: 4)
    return file
  }()

  private static let untouched: ControlAnswer.File = {
    var file = ControlAnswer.File()
    file.path = "/t"
    return file
  }()

  @Test(arguments: ControlRequest.allCases)
  func `each request reaches the handler and gets its line`(request: ControlRequest) async throws {
    try await onThread {
      let asked = Mutex<[ControlRequest]>([])
      let server = try await ControlFixture { seen in
        asked.withLock { $0.append(seen) }
        return Self.answer
      }
      #expect(try server.ask("\(request.rawValue)\n") == Self.answer.line)
      #expect(asked.withLock { $0 } == [request])
      try await server.stop()
    }
  }

  @Test func `the line is JSON, complete and in the documented shape`() throws {
    let line = Self.answer.line
    #expect(line.hasSuffix("}\n") && line.filter { $0 == "\n" }.count == 1)
    let expected = """
      {"ok":true,"generation":7,"pid":123,"message":"1 route","files":[\
      {"path":"/s","fingerprints":["aaaa0000","bbbb1111"],\
      "previous":[{"fingerprint":"cccc2222","until":1795296000000}],\
      "journal":{"began":5,"mode":"by-hand","compromised":true},\
      "readAt":6,"held":1,"heldTotal":2,"rejudged":3,"overflowed":4,"deferred":6,"revoked":5,\
      "atAnnouncement":{"heldTotal":1,"rejudged":2,"deferred":3,"revoked":4}},\
      {"path":"/t","fingerprints":[],"previous":[],"journal":null,\
      "readAt":0,"held":0,"heldTotal":0,"rejudged":0,"overflowed":0,"deferred":0,"revoked":0,\
      "atAnnouncement":null}]}

      """
    #expect(line == expected)
  }

  @Test func `what is written is read back as the same`() {
    #expect(ControlAnswer(Array(Self.answer.line.utf8)) == Self.answer)
    var warned = Self.answer
    warned.warnings = ["one", "two"]
    #expect(warned.json.hasSuffix(#","warnings":["one","two"]}"#))
    #expect(ControlAnswer(Array(warned.json.utf8)) == warned)
  }

  @Test(arguments: ["ok", "generation", "pid", "message", "files"])
  func `what lacks one of these is no answer`(key: String) throws {
    let text = Self.answer.json.replacingOccurrences(of: "\"\(key)\":", with: "\"no-\(key)\":")
    #expect(ControlAnswer(Array(text.utf8)) == nil)
  }

  @Test func `an older daemon's answer, which knows less, is one`() throws {
    let text =
      #"{"ok":true,"generation":1,"pid":2,"message":"m","files":[{"path":"/s","fingerprints":[]},7]}"#
    let answer = try #require(ControlAnswer(Array(text.utf8)))
    #expect(answer.files.map(\.path) == ["/s"])
    #expect(answer.file("/s")?.atAnnouncement == nil && answer.file("/t") == nil)
  }

  /// Whoever asks so has an older version's command.
  @Test func `an older version's word is refused with the one for it`() async throws {
    try await onThread {
      let server = try await ControlFixture { _ in
        Issue.record("the handler was asked")
        return Self.answer
      }
      let text = try server.ask("report\n")
      let answer = try #require(ControlAnswer(Array(text.utf8)), "\(text)")
      #expect(!answer.ok && answer.message == "report is an older version's request: by now it is status")
      try await server.stop()
    }
  }

  static let texts = [
    "", "plain", "say \"no\"", "back\\slash", "line\nbreak\r\ttab", "\u{0}\u{1}\u{1F}\u{7F}", "ä ß \u{1F511}",
    "\u{2028}\u{FEFF}", "/path/with 'quotes'", "</script>", String(repeating: "\\\"", count: 500),
  ]

  @Test(arguments: texts)
  func `whatever stands in a message or a path comes back out of the JSON`(text: String) throws {
    var answer = Self.answer
    answer.message = text
    answer.files[0].path = text
    answer.ok = false
    let line = answer.line
    #expect(
      line.utf8.dropLast().allSatisfy { $0 >= 0x20 && $0 != 0x7F }, "one line without control characters")
    let read = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
    #expect(read?["message"] as? String == text)
    #expect(read?["ok"] as? Bool == false)
    #expect((read?["files"] as? [[String: Any]])?.first?["path"] as? String == text)
  }

  @Test(
    arguments: [
      "\n", "stat\n", "STATUS\n", "status \n", " status\n", "status\r\n", "rotate\n", "stop\n", "status\0\n",
      "GET / HTTP/1.1\r\n\r\n", "{\"request\":\"status\"}\n",
      String(repeating: "a", count: 65), String(repeating: "a", count: 1_000_000),
    ])
  func `anything else is closed without a word and reaches nobody`(text: String) async throws {
    try await onThread {
      let server = try await ControlFixture { _ in
        Issue.record("the handler was asked")
        return Self.answer
      }
      let client = try server.connect()
      client.offer(Array(text.utf8))
      #expect(client.isClosedByPeer())
      try await server.stop()
    }
  }

  @Test func `a request in pieces is a request, and what follows its line is no second one`() async throws {
    try await onThread {
      let asked = Mutex(0)
      let server = try await ControlFixture { _ in
        asked.withLock { $0 += 1 }
        return Self.answer
      }
      let client = try server.connect()
      try client.send(Array("statu".utf8), pieces: 1, pauseMilliseconds: 2)
      try client.send("s\nreload\nwait\n")
      #expect(try String(decoding: client.readToEnd(), as: UTF8.self) == Self.answer.line)
      #expect(client.isClosedByPeer())
      #expect(asked.withLock { $0 } == 1)
      try await server.stop()
    }
  }

  @Test func `a client that says all it has to say and listens gets its answer`() async throws {
    try await onThread {
      let gate = Latch()
      let server = try await ControlFixture { _ in
        await gate.wait()
        return Self.answer
      }
      let client = try server.connect()
      try client.send("wait\n")
      client.halfClose()
      // It was asked for, and the end came right behind.
      #expect(eventually { gate.waiting == 1 })
      gate.open()
      #expect(try String(decoding: client.readToEnd(), as: UTF8.self) == Self.answer.line)
      try await server.stop()
    }
  }

  @Test(.timeLimit(.minutes(10)), arguments: ["", "stat"])
  func `a client that does not finish its request is cut`(start: String) async throws {
    try await onThread {
      let server = try await ControlFixture { _ in Self.answer }
      let client = try server.connect()
      try client.send(start)
      #expect(client.readSome(for: 1) == [])
      #expect(client.end == nil, "it has some seconds")
      #expect(client.isClosedByPeer(within: 40))
      try await server.stop()
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `sixteen commands at once are answered, and a seventeenth is closed`() async throws {
    try await onThread {
      let gate = Latch()
      let server = try await ControlFixture { _ in
        await gate.wait()
        return Self.answer
      }
      let clients = try (0..<16).map { _ in try server.connect() }
      for client in clients { try client.send("wait\n") }
      #expect(eventually { gate.waiting == 16 })
      let further = try server.connect()
      further.offer(Array("status\n".utf8))
      #expect(further.isClosedByPeer())
      gate.open()
      for client in clients {
        #expect(try String(decoding: client.readToEnd(), as: UTF8.self) == Self.answer.line)
      }
      // The slots are free again.
      #expect(eventually { (try? server.ask("status\n")) == Self.answer.line })
      try await server.stop()
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `clients that leave give their slots back`() async throws {
    try await onThread {
      let server = try await ControlFixture { _ in Self.answer }
      for turn in 0..<200 {
        let client = try server.connect()
        if turn % 2 == 0 { try client.send("stat") }
        if turn % 3 == 0 { client.reset() } else { client.close() }
      }
      #expect(eventually { (try? server.ask("status\n")) == Self.answer.line })
      try await server.stop()
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `clients that never take their answer do not keep others out`() async throws {
    try await onThread {
      var large = Self.answer
      large.message = String(repeating: "x", count: 4_000_000)
      let answer = large
      let server = try await ControlFixture { request in request == .reload ? answer : Self.answer }
      let deaf = try (0..<16).map { _ in try server.connect() }
      for client in deaf { try client.send("reload\n") }
      usleep(200_000)
      #expect(eventually(within: 60) { (try? server.ask("status\n")) == Self.answer.line })
      for client in deaf { client.close() }
      try await server.stop()
    }
  }
}
