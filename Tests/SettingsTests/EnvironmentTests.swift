import Gateway
import Testing

@testable import Settings

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

  @Test func `what Kubernetes sets for a service of this name is no mistake`() {
    let links = [
      "VESIGATE_PORT": "tcp://10.0.0.1:80", "VESIGATE_PORT_80_TCP": "tcp://10.0.0.1:80",
      "VESIGATE_SERVICE_HOST": "10.0.0.1",
    ]
    #expect(problems(configuration(), environment: links) == [])
  }

  @Test func `every overridable setting is one that the schema knows`() {
    for setting in Schema.overridable {
      let value = setting.hasPrefix("limits.") ? "2048" : nil
      let words = [
        "listen": "*:1", "control": "/run/c", "trusted-proxies": "", "workers": "2", "engine": "posix",
        "log.level": "info",
        "admin.listen": "127.0.0.1:2",
        "log.format": "json",
        "log.deliveries": "all", "log.refused-per-minute-max": "unlimited",
      ]
      let name = Environment.variable(for: setting)
      var text = configuration()
      if setting == "limits.in-flight-bytes-max" { text = configuration(top: "limits: {body-bytes-max: 1}") }
      #expect(problems(text, environment: [name: value ?? words[setting] ?? "?"]) == [], "\(name)")
    }
  }
}
