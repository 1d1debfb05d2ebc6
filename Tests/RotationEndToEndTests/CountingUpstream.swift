import Foundation
import Synchronization
import TestSupport

/// The app behind the gateway: takes everything, and counts what it got by the delivery's own number.
final class CountingUpstream: Sendable {
  struct Seen: Sendable {
    /// How often each delivery came, by its number.
    var deliveries: [Int: Int] = [:]
    var forged = 0
    var unmarked = 0
  }

  let port: UInt16
  private let listener: Int32
  private let seen = Mutex(Seen())
  private let isOver = Atomic<Bool>(false)

  init() throws {
    (listener, port) = try Net.listener()
    let thread = Thread { [self] in run() }
    thread.stackSize = 1 << 20
    thread.start()
  }

  var url: String { "http://127.0.0.1:\(port)/app" }
  var counts: Seen { seen.withLock { $0 } }

  func stop() { isOver.store(true, ordering: .relaxed) }

  private func run() {
    let poller = Poller()
    poller.add(listener)
    var unread: [Int32: [UInt8]] = [:]
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while !isOver.load(ordering: .relaxed) {
      for socket in poller.wait(milliseconds: 50) {
        if socket == listener {
          guard let accepted = Net.accepted(listener) else { continue }
          unread[accepted] = []
          poller.add(accepted)
        } else if let bytes = Net.receive(socket, into: &chunk) {
          unread[socket]! += bytes
          serve(socket, &unread[socket]!)
        } else {
          unread[socket] = nil
          poller.remove(socket)
          close(socket)
        }
      }
    }
    for socket in unread.keys { close(socket) }
    close(listener)
  }

  private static let mark = Array("x-verified: true\r\n".utf8)
  private static let ok = Array("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".utf8)

  private func serve(_ socket: Int32, _ bytes: inout [UInt8]) {
    while let (head, whole) = Wire.messageLength(bytes) {
      let lowered = bytes[..<head].map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
      let isMarked = Wire.find(Self.mark, in: lowered) != nil
      let delivery = Delivery(body: bytes[head..<whole])
      bytes.removeFirst(whole)
      seen.withLock { seen in
        if !isMarked { seen.unmarked += 1 }
        guard let delivery, !delivery.isForged else { return seen.forged += 1 }
        seen.deliveries[delivery.number, default: 0] += 1
      }
      _ = Net.send(socket, Self.ok)
    }
  }
}

/// What a body says about itself.
struct Delivery: Sendable {
  let number: Int
  let isForged: Bool

  init(number: Int, isForged: Bool) {
    self.number = number
    self.isForged = isForged
  }

  /// `{"event":"payment.completed","n":17,"kind":"genuine"}`
  var body: String {
    "{\"event\":\"payment.completed\",\"n\":\(number),\"kind\":\"\(isForged ? "forged" : "genuine")\"}"
  }

  /// Nil for a body that nobody sent.
  init?(body: ArraySlice<UInt8>) {
    let parts = String(decoding: body, as: UTF8.self).split(separator: ",")
    guard parts.count == 3, let colon = parts[1].firstIndex(of: ":"),
      let number = Int(parts[1][parts[1].index(after: colon)...])
    else { return nil }
    self.init(number: number, isForged: !parts[2].contains("genuine"))
    guard body.elementsEqual(self.body.utf8) else { return nil }
  }
}
