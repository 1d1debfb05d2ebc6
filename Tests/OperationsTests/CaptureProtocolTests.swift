import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Operations

/// A capture as it goes over a real socket, asked by the user that the server runs as.
@Suite struct CaptureProtocolTests {
  private func served(_ captures: @escaping ControlServer.CaptureHandler) async throws -> ControlFixture {
    try await ControlFixture(captures: captures) { _ in ControlProtocolTests.answer }
  }

  @Test func `a request comes back out of its line`() throws {
    let request = try #require(CaptureRequest(route: "/hooks/*", count: 3, seconds: 60))
    #expect(request.line == "capture 3 60 /hooks/*\n")
    #expect(CaptureRequest(line: String(request.line.dropLast())) == request)
  }

  static let malformed = [
    "capture", "capture 1 60", "capture 0 60 /x", "capture 17 60 /x", "capture 1 0 /x", "capture 1 3601 /x",
    "capture 1 60 x", "capture 1 60 /x /y", "capture  1 60 /x", "capture one 60 /x", "CAPTURE 1 60 /x",
    "capture 1 60 /x\u{1B}", "capture 1 60 ",
  ]

  @Test(arguments: malformed)
  func `anything else is no capture, and is closed without a word`(line: String) async throws {
    #expect(CaptureRequest(line: line) == nil)
    try await onThread {
      let server = try await served { _ in
        Issue.record("the handler was asked")
        return AsyncStream { $0.finish() }
      }
      #expect(try server.ask(line + "\n").isEmpty)
      try await server.stop()
    }
  }

  @Test func `what is captured is written as it comes, then the connection ends`() async throws {
    try await onThread {
      let body: [UInt8] = Array("GET\r\n\0".utf8)
      let server = try await served { request in
        #expect(request.route == "/x")
        return AsyncStream { stream in
          stream.yield(CaptureAnswer.waiting.bytes)
          let captured = CapturedRequest(bytes: body, arrivalUnixMilliseconds: 7, reason: "mismatch")
          stream.yield(CaptureAnswer.captured(captured).bytes)
          stream.yield(CaptureAnswer.end("complete").bytes)
          stream.finish()
        }
      }
      let client = try server.connect()
      try client.send("capture 1 60 /x\n")
      let text = try String(decoding: client.readToEnd(), as: UTF8.self)
      #expect(text == "waiting\ncaptured 6 7 mismatch\nGET\r\n\0end complete\n")
      try await server.stop()
    }
  }

  @Test func `a caller that goes ends its capture`() async throws {
    try await onThread {
      let isEnded = Mutex(false)
      let hasBegun = Mutex(false)
      let server = try await served { _ in
        AsyncStream { stream in
          hasBegun.withLock { $0 = true }
          stream.onTermination = { _ in isEnded.withLock { $0 = true } }
        }
      }
      var client: RawClient? = try server.connect()
      try client?.send("capture 1 3600 /x\n")
      #expect(eventually { hasBegun.withLock { $0 } })
      #expect(!isEnded.withLock { $0 })
      client = nil
      #expect(eventually { isEnded.withLock { $0 } })
      try await server.stop()
    }
  }
}
