import Signing
import TestSupport
import Testing

@testable import Configuration

@Suite(.ownThread) struct EffectiveTextTests {
  private static let everything = """
    listen: ["127.0.0.1:8480", "[::1]:1", "*:2", systemd, "systemd:x", {unix: "/run/a b", mode: "0600", group: g}]
    control: /run/other.sock
    inspector: {listen: "unix:/run/i", mode: "0640", group: ops, hosts: [Ops.example, "[::2]"], actions: false,
                recent-deliveries-max: 3, recent-bytes-max: 65536}
    trusted-proxies: [10.0.0.0/8, "::1", unix]
    workers: 3
    log: {level: trace, format: logfmt, deliveries: refused, refused-per-minute-max: unlimited, fields: [a, b.c-d_E]}
    limits: {body-bytes-max: 1, in-flight-max: 3, drain-seconds-max: 9}
    store: {sqlite: "/var/a b", seal-key-file: /var/k, bytes-max: 99999999, dead-hours: 999}
    routes:
      - path: /a
        secret-file: "/s/\\"ü\\\\ #"
        upstreams: ["http://a:1/x?y", "unix:/run/a:/b", {url: "https://a", ca-file: /c, tls-version-min: "1.3"},
                    {url: "https://b/", client-certificate-file: /c, client-key-file: /k}]
        deliver: all
        methods: [POST, PUT]
        host: A.example
        observe: true
        trace: false
        preserve-host: true
        verified-header: X-Ok
        verified-value: "yes"
        body-bytes-max: 77
        connect-seconds-max: 1
        upstream-idle-seconds-max: 4
        rotation: {api: "http://127.0.0.1:1/", api-key-file: /k, public-key-file: /p, hold-seconds-max: 3}
      - {path: /b/*, secret-file: /s/b, upstreams: http://a,
         signature: {preset: standard-webhooks, timestamp-digits: 10, tolerance-seconds: unlimited},
         durable: {answer-status: 202, final-statuses: [300, 410], retry: {factor: 3}, breaker: {failures: 9}},
         dedupe: {by: "header:X-Key", hours: 998},
         quarantine: {hours: 2, deliveries-max: 3, bytes-max: 4, per-second-max: 5, release: manual}}
      - {path: /c, secret-file: /s/c, upstreams: http://a, signature: {signed: "a{body}", timestamp-from: none},
         dedupe: {by: body, hours: 5}, test: true, inspect: {bodies: true}}
      - {path: /d, secret-file: /s/d, upstreams: http://a, durable: {final-statuses: [], store-signature: false},
         dedupe: none}

    """

  @Test(arguments: [everything, configuration()])
  func `the printed configuration reads back to the same`(text: String) throws {
    let configuration = try parsed(text)
    #expect(try parsed(configuration.effectiveText()) == configuration)
  }

  @Test func `as many routes as there may be are printed and read back`() throws {
    let line = { (index: Int) in "  - {path: /r/\(index), secret-file: /s, upstreams: http://a/}\n" }
    let configuration = try parsed("routes:\n" + (0..<10_000).map(line).joined())
    #expect(try parsed(configuration.effectiveText()) == configuration)
  }

  @Test(arguments: SignatureLayout.presets.map(\.name))
  func `every preset is printed whole`(name: String) throws {
    let configuration = try parsed(configuration(route: "signature: \(name)"))
    let text = configuration.effectiveText()
    #expect(text.contains("preset: \(name)\n"))
    #expect(try parsed(text) == configuration)
  }

  @Test func `a secret file is followed by fingerprints, never by its secrets`() throws {
    let secrets = ["first-secret", "second-secret"].map { Secret(Array($0.utf8)) }
    let set = SecretSet(path: "/s/one", lines: secrets, keys: secrets)
    let text = try parsed(configuration()).effectiveText(secrets: [set])
    let prints = set.fingerprints
    #expect(
      text.contains("    secret-file: \"/s/one\"  # current: \(prints[0]), also accepted: \(prints[1])\n"))
    #expect(!text.contains("first-secret") && !text.contains("second-secret"))
    #expect(try parsed(text) == parsed(configuration()))
  }

  @Test func `every setting but the unix socket's is printed`() throws {
    let text = try parsed(EffectiveTextTests.everything).effectiveText()
    for section in Schema.sections {
      for key in section.keys { #expect(text.contains("\(key):"), "\(key)") }
    }
  }
}
