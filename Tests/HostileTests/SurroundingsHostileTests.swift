import TestSupport
import Testing

/// Whatever libcurl would read from its surroundings leads no delivery elsewhere.
@Suite(.ownThread) struct SurroundingsHostileTests {
  @Test func `proxies in the environment, netrc and curlrc have no effect`() throws {
    let canary = try RecordingUpstream()
    let home = try TemporaryDirectory()
    try home.write(
      ".netrc", "machine 127.0.0.1 login thief password stolen\ndefault login thief password stolen\n")
    try home.write(
      ".curlrc", "proxy = http://127.0.0.1:\(canary.port)\nuser-agent = thief\nuser = thief:stolen\n")
    var environment = ["HOME": home.path, "CURL_HOME": home.path, "NETRC": home.path + "/.netrc"]
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
      environment[name] = "http://127.0.0.1:\(canary.port)"
    }
    let fixture = try FaultFixture(environment: environment) { _, _ in .ok }
    HostileTable.row(
      .environment, "http_proxy, HTTPS_PROXY, ALL_PROXY, ~/.netrc, ~/.curlrc", expected: "200, direct"
    ) {
      let status = try fixture.gateway.exchange(fixture.request("plain").bytes).status
      let request = try fixture.upstream.onlyRequest()
      for name in ["authorization", "proxy-authorization", "user-agent", "proxy-connection"] {
        try FaultFixture.hold(!request.head.has(name), "it has \(name)")
      }
      try FaultFixture.hold(request.target == "/app/plain", "its target is \(request.target)")
      return canary.connections == 0 ? "\(status), direct" : "\(status), by the proxy"
    }
  }
}
