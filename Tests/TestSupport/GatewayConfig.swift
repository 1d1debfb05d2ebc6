/// Configurations as tests need them: one route, and what differs.
public enum GatewayConfig {
  /// A route at `/hook` with the test's secret. `route` and `top` are further YAML lines of the route and of
  /// the file, without indentation.
  public static func text(
    upstreams: [String], path: String = "/hook", route: String = "", limits: String = "", top: String = "",
    workers: Int = 2
  ) -> String {
    let limitLines = limits.isEmpty ? "" : "limits:\n" + indented(limits, 2)
    return """
      listen: 127.0.0.1:{port}
      workers: \(workers)
      \(top)
      \(limitLines)
      routes:
      \(self.route(path, upstreams: upstreams, route))
      """
  }

  /// One more route, for a file's end.
  public static func route(_ path: String, upstreams: [String], _ lines: String = "") -> String {
    let secret = lines.contains("secret-file:") ? "" : "    secret-file: {dir}/secret\n"
    let list = upstreams.map { "      - \"\($0)\"\n" }.joined()
    // By default a second: what is to be used again would on a busy machine be too old now and then.
    let idle = lines.contains("upstream-idle-seconds-max:") ? "" : "    upstream-idle-seconds-max: 20\n"
    return "  - path: \(path)\n\(secret)\(idle)    upstreams:\n\(list)\(indented(lines, 4))"
  }

  private static func indented(_ text: String, _ count: Int) -> String {
    text.split(separator: "\n").map { String(repeating: " ", count: count) + $0 + "\n" }.joined()
  }
}
