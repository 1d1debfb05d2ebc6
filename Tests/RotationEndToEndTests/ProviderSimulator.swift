import Foundation
import Synchronization
import TestSupport

/// The provider: one account with one secret, and the endpoint that replaces it. The old secret is dead in
/// the instant of the swap; the answer with the new one comes later.
final class ProviderSimulator: Sendable {
  static let path = "/v1/account/generate-webhook-secret"
  /// Stands in every secret and in the API key, so that looking for it finds each of them.
  static let marker = "sim5ecret"
  static let apiKey = "key-\(marker)-b71f9e02"

  /// What the endpoint does with a call.
  enum Behaviour: Sendable {
    /// Swaps, and answers after at most so long.
    case rotate(delayMillisecondsMax: Int)
    /// Answers exactly this, and swaps nothing.
    case answer(String)
    /// Swaps, and then answers this: the new secret is lost.
    case swapAndAnswer(String)
    /// The same for one call; the next ones rotate.
    case swapAndAnswerOnce(String)
    /// Takes the request and says nothing.
    case silence
    case hangUp
  }

  struct Account: Sendable {
    /// The current one is the last.
    var secrets: [String]
    var behaviour: Behaviour
    var calls = 0
    var unauthorized = 0
    var random: SeededGenerator
  }

  let port: UInt16
  private let listener: Int32
  private let account: Mutex<Account>
  private let isOver = Atomic<Bool>(false)

  init(seed: UInt64, behaviour: Behaviour = .rotate(delayMillisecondsMax: 3000)) throws {
    var random = SeededGenerator(seed: seed)
    let first = Self.secret(0, &random)
    account = Mutex(Account(secrets: [first], behaviour: behaviour, random: random))
    (listener, port) = try Net.listener()
    Thread { [self] in run() }.start()
  }

  private static func secret(_ number: Int, _ random: inout SeededGenerator) -> String {
    "\(marker)-\(number)-\(String(random.next(), radix: 16))\(String(random.next(), radix: 16))"
  }

  var url: String { "http://127.0.0.1:\(port)" }
  /// The secret that signs at this instant, and its number.
  var current: (secret: String, number: Int) { account.withLock { ($0.secrets.last!, $0.secrets.count - 1) } }
  var secrets: [String] { account.withLock { $0.secrets } }
  var calls: Int { account.withLock { $0.calls } }
  var unauthorized: Int { account.withLock { $0.unauthorized } }

  func behave(_ behaviour: Behaviour) { account.withLock { $0.behaviour = behaviour } }

  /// The listening socket goes: from now on nobody answers.
  func stop() {
    guard !isOver.exchange(true, ordering: .relaxed) else { return }
    shutdown(listener, Int32(SHUT_RDWR))
  }

  // MARK: The endpoint

  private func run() {
    while let socket = Net.accepted(listener) {
      let thread = Thread { [self] in
        serve(socket)
        close(socket)
      }
      thread.stackSize = 1 << 20
      thread.start()
    }
    close(listener)
  }

  private func serve(_ socket: Int32) {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16_384)
    while Wire.messageLength(bytes) == nil {
      guard let more = Net.receive(socket, into: &chunk) else { return }
      bytes += more
    }
    let lines = String(decoding: bytes, as: UTF8.self).components(separatedBy: "\r\n")
    guard lines[0] == "POST \(Self.path) HTTP/1.1" else {
      return reply(socket, 404, #"{"status":"error","code":404,"message":"no such endpoint","data":null}"#)
    }
    guard lines.contains("secret-key: \(Self.apiKey)") else {
      account.withLock { $0.unauthorized += 1 }
      return reply(
        socket, 401, #"{"success":false,"error":"unauthorized","message":"the key is not known","code":401}"#)
    }
    perform(socket, account.withLock { $0.behaviour })
  }

  private func perform(_ socket: Int32, _ behaviour: Behaviour) {
    account.withLock { $0.calls += 1 }
    switch behaviour {
    case .rotate(let delayMax):
      let (secret, delay) = swap(delayMax)
      usleep(UInt32(delay) * 1000)
      reply(
        socket, 200,
        #"{"status":"success","code":200,"message":"generated","data":{"webhook_secret":"\#(secret)"}}"#)
    case .answer(let text): _ = Net.send(socket, Array(text.utf8))
    case .swapAndAnswer(let text):
      _ = swap(0)
      _ = Net.send(socket, Array(text.utf8))
    case .swapAndAnswerOnce(let text):
      _ = swap(0)
      behave(.rotate(delayMillisecondsMax: 0))
      _ = Net.send(socket, Array(text.utf8))
    case .silence:
      var byte = [UInt8](repeating: 0, count: 1)
      // Until the caller gives up.
      while Net.receive(socket, into: &byte) != nil {}
    case .hangUp: break
    }
  }

  /// The instant at which the old secret dies; the new one, and how long its answer takes.
  private func swap(_ delayMillisecondsMax: Int) -> (secret: String, delayMilliseconds: Int) {
    account.withLock { account in
      let secret = Self.secret(account.secrets.count, &account.random)
      account.secrets.append(secret)
      return (secret, Int.random(in: 0...delayMillisecondsMax, using: &account.random))
    }
  }

  private func reply(_ socket: Int32, _ status: Int, _ json: String) {
    _ = Net.send(socket, Array(Self.response(status, json).utf8))
  }

  static func response(
    _ status: Int, _ body: String, type: String = "application/json", more: String = ""
  ) -> String {
    "HTTP/1.1 \(status) Status\r\nContent-Type: \(type)\r\n\(more)Connection: close\r\n"
      + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
  }
}
