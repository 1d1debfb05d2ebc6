import Testing

@testable import Configuration

@Suite struct InspectorReaderTests {
  private func settings(_ line: String) throws -> InspectorSettings {
    try #require(try parsed(configuration(top: "inspector: \(line)")).inspector)
  }

  private func warnings(_ line: String) throws -> [String] {
    try Configuration.parse(configuration(top: "inspector: \(line)"), file: "v.yaml").warnings
      .map(\.description)
  }

  @Test func `without a word it is on a socket for root and the daemon alone, and not configured`() throws {
    let found = try #require(try parsed(configuration()).inspector)
    #expect(found.listen == .unix(path: "/run/vesigate/inspector.sock", mode: 0o600, group: nil))
    #expect(!found.isConfigured && found.actions && found.hosts.isEmpty)
    #expect(found.recentDeliveriesMax == 1_000 && found.recentBytesMax == 16_777_216)
  }

  @Test(arguments: ["none", "{listen: none}"])
  func `none switches it off`(line: String) throws {
    #expect(try parsed(configuration(top: "inspector: \(line)")).inspector == nil)
    let again = try parsed(
      configuration(top: "inspector: \(line)"), environment: ["VESIGATE_INSPECTOR_LISTEN": "127.0.0.1:3"])
    // A variable replaces what the file says.
    #expect(again.inspector?.listen == .tcp(host: "127.0.0.1", port: 3))
  }

  @Test func `every setting is read`() throws {
    let found = try settings(
      "{listen: unix:/run/i, mode: \"0660\", group: ops, hosts: [Ops.Example, 10.0.0.1, \"[2001:DB8::1]\"], "
        + "actions: false, recent-deliveries-max: 7, recent-bytes-max: 1MiB}")
    #expect(found.listen == .unix(path: "/run/i", mode: 0o660, group: "ops"))
    #expect(found.hosts == ["ops.example", "10.0.0.1", "[2001:db8::1]"])
    #expect(!found.actions && found.isConfigured)
    #expect(found.recentDeliveriesMax == 7 && found.recentBytesMax == 1_048_576)
  }

  @Test func `a mode or a group alone is that of the default socket`() throws {
    #expect(
      try settings("{mode: \"0660\", group: ops}").listen
        == .unix(path: "/run/vesigate/inspector.sock", mode: 0o660, group: "ops"))
  }

  @Test func `over TCP nothing can be changed unless the file says so, and then that is warned of`() throws {
    #expect(try settings("{listen: 127.0.0.1:9465}").actions == false)
    #expect(try warnings("{listen: 127.0.0.1:9465}") == [])
    #expect(try settings("{listen: 127.0.0.1:9465, actions: true}").actions)
    #expect(
      try warnings("{listen: 127.0.0.1:9465, actions: true}") == [
        "v.yaml:1:46 inspector.actions: whoever has a browser's session at 127.0.0.1 can replay, release and purge "
          + "deliveries"
      ])
  }

  @Test func `beyond loopback the clear wire is warned of, and that no name is known`() throws {
    let clear =
      "v.yaml:1:21 inspector.listen: bodies go over *:9465 in the clear, and so does what lets a browser in: a unix "
      + "socket behind ssh -L does without"
    let nameless =
      "v.yaml:1:21 inspector.listen: nobody can open it by the name of this machine before hosts names that"
    #expect(try warnings("{listen: \"*:9465\"}") == [clear, nameless])
    #expect(try warnings("{listen: \"*:9465\", hosts: ops.example}") == [clear])
    #expect(try warnings("{listen: \"[::1]:9465\"}") == [])
  }

  @Test func `what cannot be is refused by name`() {
    #expect(
      problems(configuration(top: "inspector: on"))
        == [
          "v.yaml:1:12 inspector: must be a mapping such as {listen: unix:/run/vesigate/inspector.sock, mode: "
            + "\"0600\"}, or none"
        ])
    let address =
      "inspector.listen: must be host:port with an IP address (IPv6 in brackets), unix:/path, or none"
    for listen in ["systemd", "ops.example:1", "9465", "{unix: /run/i}"] {
      #expect(
        problems(configuration(top: "inspector: {listen: \(listen)}")) == ["v.yaml:1:21 \(address)"],
        "\(listen)")
    }
    #expect(
      problems(configuration(top: "inspector: {listen: 127.0.0.1:1, mode: \"0600\", group: a}")) == [
        "v.yaml:1:40 inspector.mode: means something for a unix socket only",
        "v.yaml:1:55 inspector.group: means something for a unix socket only",
      ])
    #expect(
      problems(configuration(top: "inspector: {host: a}"))
        == ["v.yaml:1:13 inspector.host: unknown setting here; it belongs under routes"])
  }

  @Test(arguments: [
    "\"*\"", "a:80", "http://a", "a b", "\"[127.0.0.1]\"", "\"::1\"", "a/b", "\"\"", "\"*.example\"",
  ])
  func `a host that could let others in is refused`(host: String) {
    let found = problems(configuration(top: "inspector: {hosts: [\(host)]}"))
    #expect(
      found.count == 1 && found[0].contains("must be a host's name or address without a port"), "\(found)")
  }

  @Test func `a host is named once, and 16 at most`() {
    #expect(
      problems(configuration(top: "inspector: {hosts: [a, A]}"))
        == ["v.yaml:1:24 inspector.hosts[1]: is listed twice"])
    let many = (0..<17).map { "a\($0)" }.joined(separator: ", ")
    #expect(
      problems(configuration(top: "inspector: {hosts: [\(many)]}"))
        == ["v.yaml:1:20 inspector.hosts: must not have more than 16 entries"])
  }

  @Test func `what is spelled out and what is not are the same settings`() throws {
    let spelled = try settings("{listen: unix:/run/vesigate/inspector.sock}")
    #expect(try parsed(configuration()).inspector == spelled && spelled.isConfigured)
  }
}
