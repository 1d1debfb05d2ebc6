import Foundation
import Testing

@testable import Configuration

/// The smallest useful file, with room for more at the top and in its one route.
func configuration(top: String = "", route: String = "") -> String {
  """
  \(top)
  routes:
    - path: /hook
      secret-file: /s/one
      upstreams: http://127.0.0.1:8000/hook
  \(route.split(separator: "\n", omittingEmptySubsequences: false).map { "    " + $0 }.joined(separator: "\n"))

  """
}

/// The problem lines of a text, in their order.
func problems(_ text: String, environment: [String: String] = [:]) -> [String] {
  do {
    _ = try Configuration.parse(text, file: "v.yaml", environment: environment)
    return []
  } catch {
    return error.all.map(\.description)
  }
}

func parsed(
  _ text: String, environment: [String: String] = [:], _ location: SourceLocation = #_sourceLocation
) throws -> Configuration {
  do {
    return try Configuration.parse(text, file: "v.yaml", environment: environment).configuration
  } catch {
    Issue.record("\(error)", sourceLocation: location)
    throw error
  }
}
