import Gateway
import Signing

@testable import Configuration

/// What holds of any configuration file: it is refused with sentences on one line each, or it is in force
/// exactly as `check --print` shows it.
enum ConfigurationProperty {
  static func violation(_ input: [UInt8]) -> String? { violation(input, environment: [:]) }

  static func violation(_ input: [UInt8], environment: [String: String]) -> String? {
    let parsed: ParsedConfiguration
    do throws(Problems) {
      parsed = try Configuration.parse(input, file: "vesigate.yaml", environment: environment)
    } catch {
      if error.all.isEmpty { return "refused without a reason" }
      return sentenceViolation(error.all)
    }
    return sentenceViolation(parsed.warnings) ?? soundnessViolation(parsed.configuration)
      ?? printViolation(parsed.configuration)
  }

  private static func sentenceViolation(_ problems: [Problem]) -> String? {
    let isPlain = problems.allSatisfy { problem in
      problem.description.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }
    }
    return isPlain ? nil : "a control character in a sentence"
  }

  private static func soundnessViolation(_ configuration: Configuration) -> String? {
    guard !configuration.routes.isEmpty, !configuration.listen.isEmpty else { return "nothing to do" }
    for route in configuration.routes {
      guard !route.upstreams.isEmpty, route.layout.problems().isEmpty else { return "an unsound route" }
    }
    let set = SecretSet(path: "/s", lines: [Secret([1])], keys: [Secret([1])])
    let sets = configuration.secretFiles.map { _ in set }
    let snapshot = configuration.snapshot(secrets: sets, generation: 1)
    guard snapshot.routes.all.allSatisfy({ sets.indices.contains($0.secretFileIndex) }) else {
      return "a route without a secret file"
    }
    return nil
  }

  private static func printViolation(_ configuration: Configuration) -> String? {
    do throws(Problems) {
      let again = try Configuration.parse(configuration.effectiveText(), file: "printed").configuration
      return again == configuration ? nil : "what check prints reads differently"
    } catch {
      return "what check prints is refused: \(error)"
    }
  }
}
