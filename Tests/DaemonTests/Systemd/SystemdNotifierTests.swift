import Foundation
import Glibc
import Logging
import ServiceLifecycle
import TestSupport
import Testing

@testable import vesigate

extension DatagramSocket {
  fileprivate var environment: [String: String] { ["NOTIFY_SOCKET": name] }

  /// The next message that is there.
  fileprivate func next() -> String? { next().map { String(decoding: $0, as: UTF8.self) } }
}

@Test(arguments: [false, true])
func `each state is one datagram to the manager's socket`(abstract: Bool) throws {
  let manager = try DatagramSocket(abstract: abstract)
  let notifier = SystemdNotifier(environment: manager.environment)
  #expect(notifier.isActive)
  #expect(notifier.ready(status: "serving 2 routes"))
  #expect(manager.next() == "READY=1\nSTATUS=serving 2 routes")
  #expect(notifier.status("a\nREADY=1\r\nb"))
  #expect(manager.next() == "STATUS=a READY=1 b")
  #expect(notifier.stopping(status: "draining"))
  #expect(manager.next() == "STOPPING=1\nSTATUS=draining")
  #expect(notifier.watchdog())
  #expect(manager.next() == "WATCHDOG=1")
  #expect(manager.next() == nil)
}

@Test func `a reload carries the monotonic time of its beginning`() throws {
  // An instant between two others, whatever load there is.
  func now() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1_000_000 + time.tv_nsec / 1000
  }
  let manager = try DatagramSocket(abstract: true)
  let before = now()
  SystemdNotifier(environment: manager.environment).reloading(status: "reading")
  let prefix = "RELOADING=1\nMONOTONIC_USEC="
  let message = try #require(manager.next())
  #expect(message.hasPrefix(prefix))
  let lines = message.dropFirst(prefix.count).split(separator: "\n")
  #expect(lines.dropFirst() == ["STATUS=reading"])
  let microseconds = try #require(Int(lines[0]))
  #expect((before...now()).contains(microseconds))
}

@Test func `a status is one visible line that the manager's buffer holds`() throws {
  let manager = try DatagramSocket(abstract: true)
  let notifier = SystemdNotifier(environment: manager.environment)
  notifier.ready(status: "a\nSTOPPING=1\r\n\u{1B}[2Jb\u{2028}ü")
  #expect(manager.next() == "READY=1\nSTATUS=a STOPPING=1  [2Jb ü")
  notifier.status(String(repeating: "ü", count: 10_000))
  let long = try #require(manager.next())
  #expect(long.hasPrefix("STATUS=üü") && long.hasSuffix("ü..."))
  #expect((1000...1100).contains(long.utf8.count))
}

@Test(arguments: [
  [:], ["NOTIFY_SOCKET": ""], ["NOTIFY_SOCKET": "@"], ["NOTIFY_SOCKET": "relative"],
  ["NOTIFY_SOCKET": "vsock:2:1"], ["NOTIFY_SOCKET": "/" + String(repeating: "x", count: 200)],
])
func `without a socket that can be used nothing is sent`(environment: [String: String]) {
  let notifier = SystemdNotifier(environment: environment)
  #expect(!notifier.isActive)
  #expect(!notifier.ready(status: "serving"))
}

@Test func `a manager that is gone is told so by the result alone`() {
  let notifier = SystemdNotifier(environment: ["NOTIFY_SOCKET": "/nonexistent/notify"])
  #expect(!notifier.watchdog())
}

@Test(arguments: [
  (["WATCHDOG_USEC": "2000000"], Duration.seconds(2)),
  (["WATCHDOG_USEC": "2000000", "WATCHDOG_PID": "77"], .seconds(2)),
  (["WATCHDOG_USEC": "2000000", "WATCHDOG_PID": "78"], nil),
  (["WATCHDOG_USEC": "0"], nil), (["WATCHDOG_USEC": "soon"], nil), ([:], nil),
])
func `the watchdog's interval is the manager's for this process`(
  environment: [String: String], interval: Duration?
) {
  #expect(WatchdogService.interval(environment: environment, pid: 77) == interval)
}

private func run(_ service: some Service, while condition: @Sendable () async -> Void) async throws {
  let group = ServiceGroup(services: [service], logger: Logger(label: "test"))
  async let whole: Void = group.run()
  await condition()
  await group.triggerGracefulShutdown()
  try await whole
}

private let quiet = Logger(label: "quiet") { _ in SwiftLogNoOpLogHandler() }

@Test func `the watchdog sends signs of life until the shutdown`() async throws {
  let manager = try DatagramSocket(abstract: true)
  let service = WatchdogService(
    environment: ["WATCHDOG_USEC": "20000"], pid: 1,
    notifier: SystemdNotifier(environment: manager.environment), logger: quiet
  ) { true }
  try await run(service) {
    for _ in 0..<3 { #expect(await eventually { manager.next() == "WATCHDOG=1" }) }
  }
}

@Test func `a gateway that is not alive sends no sign of life`() async throws {
  let manager = try DatagramSocket(abstract: true)
  let (asked, ask) = AsyncStream.makeStream(of: Void.self)
  let service = WatchdogService(
    environment: ["WATCHDOG_USEC": "2000"], pid: 1,
    notifier: SystemdNotifier(environment: manager.environment), logger: quiet
  ) {
    ask.yield()
    return false
  }
  try await run(service) {
    var times = 0
    for await _ in asked where times < 10 { times += 1; if times == 10 { break } }
  }
  #expect(manager.next() == nil)
}

@Test func `without a watchdog the service waits for the end`() async throws {
  let service = WatchdogService(
    environment: [:], pid: 1, notifier: SystemdNotifier(environment: [:]), logger: quiet
  ) {
    Issue.record("asked although nobody wants to know")
    return true
  }
  try await run(service) { try? await Task.sleep(for: .milliseconds(50)) }
}
