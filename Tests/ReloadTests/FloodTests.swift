import Foundation
import Synchronization
import TestSupport
import Testing

/// Forgeries by the thousand make the gateway look at the secret file; that must cost little.
struct FloodTests {
  @Test(.timeLimit(.minutes(10)))
  func `forgeries slow no genuine delivery down and leave nothing behind`() async throws {
    try await onThread {
      let upstream = try RecordingUpstream()
      let gateway = try GatewayProcess(
        config: GatewayConfig.text(upstreams: [upstream.url()]))
      // Its own connection, and the one to the upstream that its loop keeps: forgeries need none of their own.
      let genuine = try gateway.connect()
      try genuine.send(SignedRequest().bytes)
      #expect(try genuine.response().status == 200)
      let (sockets, descriptors) = (gateway.socketCount, gateway.descriptorCount)
      _ = Self.flood(gateway, seconds: 1)
      let flooding = Mutex(0)
      let served = Atomic(0)
      // Until there are enough of both, however slow the machine is.
      let thread = Thread {
        for _ in 0..<60 {
          let more = Self.flood(gateway, seconds: 2)
          let all = flooding.withLock { count in
            count += more
            return count
          }
          let isEnough = all > Sanitizers.share(of: 100)
          if isEnough, served.load(ordering: .relaxed) > Sanitizers.share(of: 10) { return }
        }
      }
      thread.start()
      var count = 0
      while !thread.isFinished {
        try genuine.send(SignedRequest().bytes)
        #expect(try genuine.response().status == 200)
        count += 1
        served.store(count, ordering: .relaxed)
      }
      #expect(count > Sanitizers.share(of: 10))
      #expect(flooding.withLock { $0 } > Sanitizers.share(of: 100))
      // The gateway may not have seen yet that the forgers are gone.
      let isBack = eventually { gateway.socketCount <= sockets }
      #expect(isBack, "\(gateway.socketCount) sockets, \(sockets) before")
      // The runtime makes its epoll and its timers when it first needs them.
      #expect(gateway.descriptorCount <= descriptors + 4)
      #expect(gateway.terminate() == 0)
    }
  }

  @Test(.timeLimit(.minutes(10)), .enabled(if: Machine.isRoot && Machine.has("strace")))
  func `the secret file is looked at no more than once in 5 ms`() async throws {
    try await onThread {
      let upstream = try RecordingUpstream()
      let gateway = try GatewayProcess(
        config: GatewayConfig.text(upstreams: [upstream.url()], top: "log: {deliveries: refused}"))
      let trace = gateway.directory.path + "/trace"
      let strace = try ChildProcess(
        [
          "strace", "-f", "-q", "-e", "trace=openat,newfstatat,statx,stat", "-P", gateway.secretPath, "-o",
          trace, "-p", String(gateway.pid),
        ], environment: ["PATH": "/usr/bin:/bin"])
      // One forgery shows whether the tracer is there.
      let looks = { () -> Int in
        let text = (try? String(contentsOfFile: trace, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").filter { $0.contains("/secret") }.count
      }
      let isTracing = eventually {
        _ = try? gateway.status(signedWith: "forged")
        return looks() > 0 || strace.status != nil
      }
      // Where tracing is forbidden (containers) there is nothing to count.
      guard isTracing, strace.status == nil else { return }
      let (start, first) = (Date(), looks())
      let forged = Self.flood(gateway, seconds: 2)
      let last = looks()
      // So many for the time that has passed: load makes it longer, and them no more.
      let most = Int(Date().timeIntervalSince(start) * 1000 / 5) + 2
      #expect(last - first <= most)
      #expect(last > first)
      #expect(forged > last - first, "forgeries share looks")
      // Its tracer ends with it.
      #expect(gateway.terminate() == 0)
      #expect(strace.waitForExit() == 0)
    }
  }

  /// Well-formed, fresh deliveries that no secret signed, from 16 connections; how many were refused.
  static func flood(_ gateway: GatewayProcess, seconds: Double) -> Int {
    let end = Date(timeIntervalSinceNow: seconds)
    let clients = (0..<16).compactMap { _ in try? gateway.connect() }
    var count = 0
    while Date() < end {
      for client in clients { client.offer(SignedRequest("forged").with { $0.secret = "no secret" }.bytes) }
      count += clients.filter { (try? $0.response())?.status == 401 }.count
    }
    return count
  }
}
