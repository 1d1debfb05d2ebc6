/// What holds of any variables, one `NAME=value` a line, over the smallest configuration: as of a file.
enum EnvironmentProperty {
  private static let file = Array(
    """
    routes:
      - path: /hook
        secret-file: /s
        upstreams: http://127.0.0.1:8000/

    """.utf8)

  static func violation(_ input: [UInt8]) -> String? {
    var variables: [String: String] = [:]
    for line in input.parts(0x0A) {
      let parts = line.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else { continue }
      variables["VESIGATE_" + Array(parts[0]).text] = Array(parts[1]).text
    }
    return ConfigurationProperty.violation(file, environment: variables)
  }
}
