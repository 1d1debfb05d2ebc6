import Configuration
import Gateway
import Testing

@Suite struct RotationReaderTests {
  private func rotation(_ lines: String) -> String {
    configuration(
      route: "rotation:\n"
        + lines.split(separator: "\n").map { "  " + $0 }.joined(separator: "\n"))
  }

  private func found(_ lines: String) -> [String] {
    problems(rotation(lines)).map { $0.drop { $0 != " " }.dropFirst().description }
  }

  @Test func `a rotation with nothing but its key has every default`() throws {
    let settings = try #require(
      try parsed(rotation("api-key-file: /k")).routes[0].rotation)
    var expected = RotationSettings()
    expected.api = "https://api.mor.vesicash.com"
    expected.apiKeyFile = "/k"
    #expect(settings == expected)
    #expect(settings.provider == "vesicash")
    #expect((settings.holdSecondsMax, settings.holdDeliveriesMax) == (8, 256))
    #expect(settings.holdBytesMax == 33_554_432)
    #expect((settings.previousAcceptedSeconds, settings.clockSkewSeconds) == (900, 60))
    #expect(settings.spreadSeconds == 0)
    #expect(try parsed(configuration()).routes[0].rotation == nil)
  }

  @Test func `each setting is taken`() throws {
    let settings = try parsed(
      rotation(
        """
        provider: vesicash
        api: http://127.0.0.1:8099/base/
        api-key-file: /k
        public-key-file: /p
        hold-seconds-max: 1
        hold-deliveries-max: 4096
        hold-bytes-max: 5
        previous-accepted-seconds: 6
        clock-skew-seconds: 7
        spread-seconds: 9
        """)
    ).routes[0].rotation
    var expected = RotationSettings()
    expected.api = "http://127.0.0.1:8099/base"
    (expected.apiKeyFile, expected.publicKeyFile) = ("/k", "/p")
    (expected.holdSecondsMax, expected.holdDeliveriesMax, expected.holdBytesMax) = (1, 4096, 5)
    (expected.previousAcceptedSeconds, expected.clockSkewSeconds, expected.spreadSeconds) = (6, 7, 9)
    #expect(settings == expected)
  }

  @Test(
    arguments: [
      "https://api.example.com", "https://api.example.com:8443/v", "http://127.0.0.1:1",
      "http://localhost:1/x",
      "http://[::1]:8080",
    ])
  func `https goes anywhere, http to this machine`(api: String) throws {
    #expect(try parsed(rotation("api-key-file: /k\napi: \"\(api)\"")).routes[0].rotation?.api == api)
  }

  @Test(
    arguments: [
      "http://api.example.com", "http://127.0.0.1.example.com", "http://localhost.example.com",
      "http://10.0.0.1", "http://127.0.0.2", "https://api.example.com/?key=1", "unix:/run/api.sock:/",
    ])
  func `an API key goes over no open line`(api: String) {
    #expect(
      found("api-key-file: /k\napi: \"\(api)\"") == [
        "routes[0].rotation.api: must begin with https:// "
          + "(http:// for 127.0.0.1, [::1] or localhost only), without a query"
      ])
  }

  @Test(
    arguments: [
      ("hold-seconds-max", 1...30), ("hold-deliveries-max", 0...1_000_000),
      ("hold-bytes-max", 0...1_099_511_627_776), ("previous-accepted-seconds", 0...86_400),
      ("clock-skew-seconds", 0...3_600), ("spread-seconds", 0...3_600),
    ])
  func `numbers have ranges`(key: String, range: ClosedRange<Int>) throws {
    for good in [range.lowerBound, range.upperBound] {
      _ = try parsed(rotation("api-key-file: /k\n\(key): \(good)"))
    }
    for bad in ["\(range.lowerBound - 1)", "\(range.upperBound + 1)", "many", "1.5", "\"\""] {
      let lines = found("api-key-file: /k\n\(key): \(bad)")
      #expect(lines.count == 1 && lines[0].hasPrefix("routes[0].rotation.\(key): must be"), "\(bad) \(lines)")
    }
  }

  @Test(
    arguments: [
      ("api-key-file: k", "rotation.api-key-file: must"),
      ("provider: vesicash", "rotation: api-key-file is missing"),
      ("api-key-file: /k\nprovider: vesicsh", "rotation.provider: must be"),
      ("api-key-file: /k\nhold-second-max: 1", "rotation.hold-second-max: "),
      ("api-key-file: /k\napi: ftp://x", "rotation.api: "),
      ("api-key-file: /k\npublic-key-file: p", "rotation.public-key-file: must"),
    ])
  func `what cannot be meant is told at its place`(lines: String, problem: String) {
    let told = found(lines)
    #expect(told.count == 1 && told[0].contains(problem.split(separator: ":")[0]), "\(told)")
  }

  @Test func `a rotation that is no mapping is told`() {
    #expect(problems(configuration(route: "rotation: yes")).count == 1)
    #expect(problems(configuration(route: "rotation: []")).count == 1)
  }

  // MARK: What routes must agree on

  /// Routes at /0, /1, ... each with its secret file and its rotation, if it has one.
  private func agreement(_ routes: [(secret: String, rotation: String?)]) -> [String] {
    let lines = routes.enumerated().map { index, route in
      let rotation = route.rotation.map { "    rotation: {\($0)}\n" } ?? ""
      return "  - path: /\(index)\n    secret-file: \(route.secret)\n    upstreams: http://a\n\(rotation)"
    }
    return problems("routes:\n" + lines.joined())
  }

  @Test(
    arguments: [
      ["/s api-key-file: /k", "/s api-key-file: /k"],
      ["/s", "/s"],
      ["/s api-key-file: /k", "/t api-key-file: /l"],
      ["/s api-key-file: /k", "/t"],
      // Another API with the same key file is another account.
      ["/s api-key-file: /k", "/t api-key-file: /k, api: \"https://other.example.com\""],
      ["/s api-key-file: /k", "/s api-key-file: /k, hold-seconds-max: 8"],
    ])
  func `routes that agree may share a file`(routes: [String]) {
    #expect(agreement(routes.map(Self.split)) == [])
  }

  private static func split(_ text: String) -> (secret: String, rotation: String?) {
    let parts = text.split(separator: " ", maxSplits: 1).map(String.init)
    return (parts[0], parts.count > 1 ? parts[1] : nil)
  }

  @Test(
    arguments: [
      ["/s api-key-file: /k", "/s"],
      ["/s", "/s api-key-file: /k"],
      ["/s api-key-file: /k", "/s api-key-file: /l"],
      ["/s api-key-file: /k", "/s api-key-file: /k, hold-seconds-max: 9"],
    ])
  func `routes that share a file must have the same rotation`(routes: [String]) {
    let told = agreement(routes.map(Self.split))
    #expect(told.count == 1 && told[0].contains(": both routes share /s"), "\(told)")
    #expect(told.first?.contains("routes[1]") == true)
  }

  @Test(
    arguments: [
      ["/s api-key-file: /k", "/t api-key-file: /k"],
      ["/s api-key-file: /k", "/t api-key-file: /k, hold-seconds-max: 3"],
      [
        "/s api-key-file: /k, api: \"https://x.example.com\"",
        "/t api-key-file: /k, api: \"https://x.example.com/\"",
      ],
    ])
  func `one account has one secret, so two files for it are an error`(routes: [String]) {
    let told = agreement(routes.map(Self.split))
    #expect(
      told.count == 1 && told[0].contains("the provider has one secret for an account"), "\(told)")
  }

  // MARK: The control socket's path

  @Test func `the control socket has a default, another path, or none`() throws {
    #expect(try parsed(configuration()).control == "/run/vesigate/control.sock")
    #expect(try parsed(configuration(top: "control: /tmp/c")).control == "/tmp/c")
    #expect(try parsed(configuration(top: "control: none")).control == nil)
    for bad in ["c", "\"\"", "/" + String(repeating: "x", count: 107), "[]"] {
      #expect(problems(configuration(top: "control: \(bad)")).count == 1)
    }
  }
}
