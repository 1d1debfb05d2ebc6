import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Rotation

/// What a thread leaves for another.
private final class Box: Sendable {
  private let mutex = Mutex("")

  var text: String {
    get { mutex.withLock { $0 } }
    set { mutex.withLock { $0 = newValue } }
  }
}

/// Answers one connection with fixed bytes, and keeps what it was asked.
private final class OneShotServer: Sendable {
  let port: UInt16
  private let seen = Box()
  private let isOver = DispatchSemaphore(value: 0)

  /// Without an answer it hangs up as soon as the request is there.
  init(_ answer: String?, readsHead: Bool = true) throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isOpen = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, length) == 0 && listen(listener, 1) == 0 && getsockname(listener, $0, &length) == 0
      }
    }
    try #require(isOpen)
    port = UInt16(bigEndian: address.sin_port)
    let (seen, isOver) = (seen, isOver)
    // A thread of its own: the tests that wait for it may occupy all those of the pool.
    Thread.detachNewThread {
      let peer = accept(listener, nil, nil)
      close(listener)
      var request: [UInt8] = []
      var byte: UInt8 = 0
      while readsHead || request.isEmpty, !request.suffix(4).elementsEqual("\r\n\r\n".utf8),
        recv(peer, &byte, 1, 0) == 1
      {
        request.append(byte)
      }
      if let answer { _ = send(peer, answer, answer.utf8.count, Int32(MSG_NOSIGNAL)) }
      close(peer)
      seen.text = String(decoding: request, as: UTF8.self)
      isOver.signal()
    }
  }

  /// Once the connection is over.
  var request: String {
    isOver.wait()
    isOver.signal()
    return seen.text
  }
}

private func ask(port: UInt16, scheme: String = "http", host: String = "127.0.0.1") -> ProviderAnswer {
  ProviderCall(
    VesicashProvider(), api: "\(scheme)://\(host):\(port)", keys: ProviderKeys(secretKey: secret("sk_KEY"))
  ).newSecret(attempt: 1)
}

private func http(_ status: String, _ body: String) -> String {
  "HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
}

@Test(.ownThread) func `the call is a POST of nothing, with the key`() throws {
  let server = try OneShotServer(http("200 OK", #"{"data":{"webhook_secret":"fresh"}}"#))
  guard case .rotated(let secret) = ask(port: server.port) else {
    Issue.record("no secret")
    return
  }
  #expect(text(secret) == "fresh")
  let lines = server.request.components(separatedBy: "\r\n")
  #expect(lines[0] == "POST /v1/account/generate-webhook-secret HTTP/1.1")
  #expect(lines.contains("secret-key: sk_KEY"))
  #expect(lines.contains("Content-Length: 0"))
  #expect(!lines.contains { $0.lowercased().hasPrefix("content-type:") })
}

@Test(.ownThread, arguments: [nil, "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{", "nonsense\r\n\r\n"])
func `what breaks off after the request left is unknown`(answer: String?) throws {
  let server = try OneShotServer(answer)
  guard case .unknown = ask(port: server.port) else {
    Issue.record("it is not known what became of it")
    return
  }
  #expect(server.request.hasPrefix("POST "))
}

@Test(.ownThread) func `an answer that is too long is unknown`() throws {
  let server = try OneShotServer(http("200 OK", String(repeating: " ", count: 70_000)))
  guard case .unknown = ask(port: server.port) else {
    Issue.record("taken")
    return
  }
}

@Test(.ownThread) func `without a connection surely nothing has changed`() {
  // Port 1 of the loopback address is nobody's.
  guard case .refused(let refusal) = ask(port: 1) else {
    Issue.record("not refused")
    return
  }
  #expect(refusal.kind == .unreachable)
}

@Test(.ownThread) func `without TLS surely nothing has changed, and nothing of the request is sent`() throws {
  // It answers the ClientHello's first byte in plain text.
  let server = try OneShotServer("HTTP/1.1 400 Bad\r\n\r\n", readsHead: false)
  guard case .refused(let refusal) = ask(port: server.port, scheme: "https", host: "127.0.0.1") else {
    Issue.record("not refused")
    return
  }
  #expect(refusal.kind == .unreachable)
  #expect(!server.request.contains("sk_KEY"))
}

@Test(.ownThread) func `plain HTTP leaves the machine for nobody`() throws {
  var call = CurlCall(url: "http://192.0.2.1/", headers: [], secondsMax: 2)
  call.schemes = .httpsUnlessLocal
  let failure = #expect(throws: CurlCall.Failure.self) { try call.postNothing() }
  #expect(failure?.mayHaveLeft == false)
}

@Test(.ownThread) func `words that repeat the key are not shown`() throws {
  let server = try OneShotServer(http("401 No", #"{"message":"the key sk_KEY is wrong"}"#))
  guard case .refused(let refusal) = ask(port: server.port) else {
    Issue.record("not refused")
    return
  }
  #expect(refusal.kind == .unauthorized)
  #expect(!refusal.sentence.contains("sk_KEY"))
}

@Test(.ownThread) func `an answer that repeats the key is no secret`() throws {
  let server = try OneShotServer(http("200 OK", #"{"data":{"webhook_secret":"sk_KEY"}}"#))
  guard case .unknown(let sentence) = ask(port: server.port) else {
    Issue.record("the API key became the secret")
    return
  }
  #expect(sentence == "answered with a secret that is the API key itself")
}
