import Foundation
import Gateway
import Testing

@testable import Configuration

@Suite struct ExampleFileTests {
  private static let text: String = {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return (try? String(contentsOf: root.appending(path: "etc/vesigate.yaml"), encoding: .utf8)) ?? ""
  }()

  private static var lines: [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  /// `  #name: value` is `  name: value`; prose has a blank behind its `#`.
  private static func uncommented(_ line: String) -> String {
    let indent = line.prefix { $0 == " " }
    let rest = line.dropFirst(indent.count)
    guard rest.hasPrefix("#"), rest.dropFirst().first.map({ $0 != " " }) ?? false else { return line }
    return String(indent + rest.dropFirst())
  }

  /// Each `# or:` line as the file with that line in place of the setting it stands for.
  private static var variants: [String] {
    lines.enumerated().compactMap { index, line in
      let indent = String(line.prefix { $0 == " " })
      guard line.dropFirst(indent.count).hasPrefix("# or: ") else { return nil }
      let setting = line.dropFirst(indent.count + "# or: ".count)
      let key = indent + setting.prefix { $0 != ":" } + ":"
      var kept = lines
      kept[index] = indent + setting
      for other in lines.indices where other != index && lines[other].hasPrefix(key) { kept[other] = "" }
      return kept.joined(separator: "\n")
    }
  }

  @Test func `the settings in comments are the defaults`() throws {
    let shown = Self.lines.map(Self.uncommented).joined(separator: "\n")
    #expect(shown != Self.text)
    var configuration = try parsed(shown)
    // Rotation is off until it is configured; the numbers shown are those it then begins with.
    var rotation = try #require(configuration.routes[0].rotation)
    #expect(rotation.api == RotationReader.apiDefault)
    rotation.api = ""
    rotation.apiKeyFile = ""
    rotation.publicKeyFile = nil
    #expect(rotation == RotationSettings())
    configuration.routes[0].rotation = nil
    // So is durable delivery.
    #expect(configuration.routes[0].durable == DurableSettings())
    #expect(configuration.routes[0].dedupe.by == .auto)
    #expect(configuration.routes[0].quarantine == DurableSettings.Quarantine())
    configuration.routes[0].quarantine = nil
    configuration.routes[0].durable = nil
    configuration.routes[0].dedupe = DedupeSettings()
    #expect(try configuration == parsed(Self.text))
  }

  @Test func `what is active is the smallest useful file`() throws {
    let active = Self.lines.filter { !$0.drop { $0 == " " }.hasPrefix("#") && !$0.isEmpty }
    #expect(
      active == [
        "listen: 127.0.0.1:8480", "routes:", "  - path: /webhooks/vesicash",
        "    secret-file: /etc/vesigate/secrets/vesicash",
        "    upstreams: [http://127.0.0.1:8000/vesicash]",
      ])
  }

  @Test func `every setting that is known stands in it`() {
    for section in Schema.sections {
      for key in section.keys { #expect(Self.text.contains("\(key):"), "\(section.name): \(key)") }
    }
  }

  @Test func `every other way to write a setting works`() throws {
    #expect(Self.variants.count == 20)
    for variant in Self.variants { #expect(problems(variant) == []) }
  }
}
