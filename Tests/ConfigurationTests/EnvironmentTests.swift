import Gateway
import Testing

@testable import Configuration

@Suite struct EnvironmentTests {
  @Test func `every setting outside routes can come from the environment`() throws {
    let found = try parsed(
      configuration(top: "workers: 2\nlog: {level: debug, format: json}"),
      environment: [
        "VESIGATE_LISTEN": "127.0.0.1:1, unix:/run/v", "VESIGATE_WORKERS": "auto",
        "VESIGATE_LOG_LEVEL": "error", "VESIGATE_LOG_DELIVERIES": "refused",
        "VESIGATE_TRUSTED_PROXIES": "10.0.0.0/8,unix", "VESIGATE_LIMITS_BODY_BYTES_MAX": "7",
        "HOME": "/root", "vesigate_workers": "3",
      ])
    #expect(
      found.listen == [.tcp(host: "127.0.0.1", port: 1), .unix(path: "/run/v", mode: 0o660, group: nil)])
    #expect(found.workers == .auto && found.log.level == .error && found.log.format == .json)
    #expect(found.log.deliveries == .refused && found.limits.bodyBytesMax == 7)
    #expect(found.trustedProxies.unix && found.trustedProxies.blocks.count == 1)
    #expect(found.routes.first?.bodyBytesMax == 7)
  }

  @Test func `problems name the variable`() {
    #expect(
      problems(
        configuration(top: "workers: 1000"),
        environment: [
          "VESIGATE_LISTN": "x", "VESIGATE_WORKERS": "many", "VESIGATE_LIMITS_HEAD_SECONDS_MAX": "",
          "VESIGATE_COLOUR": "1",
        ]) == [
          "environment VESIGATE_COLOUR: unknown",
          "environment VESIGATE_LISTN: unknown, did you mean VESIGATE_LISTEN?",
          "environment VESIGATE_WORKERS: must be auto or a whole number from 1 to 256",
          "environment VESIGATE_LIMITS_HEAD_SECONDS_MAX: must have a value; leave it unset for the default",
        ])
  }

  @Test func `a variable that has gone is warned of, whatever it says`() throws {
    let found = try Configuration.parse(
      configuration(), file: "v.yaml", environment: ["VESIGATE_ENGINE": "?"])
    #expect(
      found.warnings.map(\.description) == [
        "environment VESIGATE_ENGINE: has gone, for there is only one kind of event loops now: leave it unset"
      ])
  }

  @Test(arguments: [
    "VESIGATE", "VESIGATE_METRICS", "VESIGATE_ADMIN", "VESIGATE_WEB", "VESIGATE_GATEWAY", "VESIGATE_LIMITS_2",
    "VESIGATE_PORT", "VESIGATE_SERVICE",
  ])
  func `what Kubernetes sets for a service whose name begins like this one's is no mistake`(service: String) {
    let links = [
      "_SERVICE_HOST": "10.0.0.1", "_SERVICE_PORT": "80", "_SERVICE_PORT_HTTP": "80",
      "_SERVICE_PORT_HTTP_METRICS": "80", "_PORT": "tcp://10.0.0.1:80", "_PORT_80_TCP": "tcp://10.0.0.1:80",
      "_PORT_80_TCP_PROTO": "tcp", "_PORT_80_TCP_PORT": "80", "_PORT_80_TCP_ADDR": "10.0.0.1",
      "_PORT_53_UDP": "udp://10.0.0.1:53", "_PORT_53_UDP_PROTO": "udp", "_PORT_9_SCTP_ADDR": "10.0.0.1",
    ]
    let named = Dictionary(uniqueKeysWithValues: links.map { (service + $0.key, $0.value) })
    #expect(problems(configuration(), environment: named) == [])
  }

  @Test(arguments: [
    "VESIGATE_SERVICE_HOSTS", "VESIGATE_METRICS_SERVICE", "VESIGATE_PORTS", "VESIGATE_PORT_80",
    "VESIGATE_PORT_HTTP_TCP", "VESIGATE_PORT_99999_TCP", "VESIGATE_PORT_80_TCP_PORTS",
    "VESIGATE_SERVICE_HOST_MAX",
    "VESIGATE_PORT_80_HTTP", "VESIGATE_METRICSSERVICE_HOST",
  ])
  func `what only looks like what Kubernetes sets is a mistake`(name: String) {
    let found = problems(configuration(), environment: [name: "1"])
    #expect(found.count == 1 && found[0].hasPrefix("environment \(name): unknown"), "\(found)")
  }

  @Test func `every overridable setting is one that the schema knows`() {
    for setting in Schema.overridable {
      var value = setting.hasPrefix("limits.") ? "2048" : nil
      let number = NumberSetting<StoreConfiguration>.all.first { "store." + $0.key == setting }
      if let number { value = String(StoreConfiguration()[keyPath: number.field]) }
      let words = [
        "store.sqlite": "/q", "store.seal-key-file": "/k", "listen": "*:1", "control": "/run/c",
        "trusted-proxies": "", "workers": "2",
        "log.level": "info",
        "admin.listen": "127.0.0.1:2", "inspector.listen": "127.0.0.1:3", "inspector.mode": "0660",
        "inspector.group": "ops", "inspector.hosts": "a.example, b.example", "inspector.actions": "false",
        "inspector.recent-deliveries-max": "9", "inspector.recent-bytes-max": "1MiB",
        "log.format": "json",
        "log.deliveries": "all", "log.fields": "event,data.reference",
        "log.refused-per-minute-max": "unlimited",
      ]
      let name = Environment.variable(for: setting)
      var text = configuration()
      if setting == "limits.in-flight-bytes-max" { text = configuration(top: "limits: {body-bytes-max: 1}") }
      #expect(problems(text, environment: [name: value ?? words[setting] ?? "?"]) == [], "\(name)")
    }
  }
}
