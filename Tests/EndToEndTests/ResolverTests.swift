import Foundation
import TestSupport
import Testing

/// A name server that does not answer, played by a library in front of the C library's resolver.
@Suite(.ownThread, .enabled(if: SlowResolver.library != nil)) struct ResolverTests {
  @Test func `a name that does not resolve holds up nobody, and the next upstream gets the delivery`() throws
  {
    let library = try #require(SlowResolver.library)
    let upstream = try RecordingUpstream()
    let slow = "http://\(SlowResolver.name):81/"
    let config =
      GatewayConfig.text(
        upstreams: [slow, upstream.url()], path: "/slow", route: "connect-seconds-max: 1", workers: 1) + "\n"
      + GatewayConfig.route("/hook", upstreams: [upstream.url()])
    let gateway = try GatewayProcess(config: config, environment: library.environment)
    let waiting = try gateway.connect()
    let start = Date()
    try waiting.send(SignedRequest("waits").with { $0.target = "/slow" }.bytes)
    // For longer than connecting may take, others are served all the time; under load fewer of them.
    while Date().timeIntervalSince(start) < 2 {
      #expect(try gateway.exchange(SignedRequest("other").bytes, seconds: 10).status == 200)
      usleep(50_000)
    }
    #expect(try waiting.response().status == 200)
    #expect(upstream.requests.count { $0.body == Array("waits".utf8) } == 1)
    // A hundred times what it takes: no load does that.
    #expect(Date().timeIntervalSince(start) < Double(SlowResolver.seconds))
  }
}

enum SlowResolver {
  static let name = "slow.test"
  /// How long the name takes to be found to be unknown.
  static let seconds = 200

  static let library = PreloadedLibrary(
    """
    #define _GNU_SOURCE
    #include <dlfcn.h>
    #include <netdb.h>
    #include <string.h>
    #include <unistd.h>
    int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
      int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **) =
          dlsym(RTLD_NEXT, "getaddrinfo");
      if (name && strcmp(name, "\(name)") == 0) { sleep(\(seconds)); return EAI_AGAIN; }
      return real(name, service, hints, found);
    }
    """)
}
