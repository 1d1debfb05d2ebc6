import Configuration
import Signing
import Testing

@testable import Diagnosis

/// The lines that are printed, put into a configuration, say what was meant.
@Suite struct SettingLinesTests {
  private static func variants(of layout: SignatureLayout) -> [SignatureLayout] {
    var variants = [layout]
    for encoding in SignatureLayout.Encoding.allCases {
      variants.append(layout.with { $0.encoding = encoding })
    }
    for decoding in SignatureLayout.KeyDecoding.allCases {
      variants.append(layout.with { $0.keyDecoding = decoding })
    }
    variants.append(layout.with { $0.prefix = "say=\"\\" })
    variants.append(layout.with { $0.prefix = "" })
    variants.append(layout.with { $0.header = "x-other" })
    variants.append(layout.with { $0.hash = .sha512 })
    for separator in [nil, ",", " "] as [Character?] {
      variants.append(layout.with { $0.listSeparator = separator })
    }
    for template in SignatureLayout.presets.map(\.layout.signed) {
      variants.append(
        layout.with {
          $0.signed = template
          $0.idSource = template.contains(.id) ? .header("x-id") : .none
          $0.timestampSource = template.contains(.timestamp) ? .header("x-time") : .none
          $0.timestampUnit = template.contains(.timestamp) ? .milliseconds : .seconds
          $0.timestampDigits = template.contains(.timestamp) ? 13 : nil
          $0.tolerance = template.contains(.timestamp) ? .seconds(77) : .unlimited
        })
    }
    return variants
  }

  @Test(arguments: SignatureLayout.presets.map(\.name))
  func `the lines for a layout read back as that layout`(_ name: String) throws {
    var checked = 0
    for layout in Self.variants(of: try #require(SignatureLayout.preset(named: name))) {
      guard let lines = SettingLines.of(layout) else { continue }
      let yaml =
        ["routes:", "  - path: /hook", "    secret-file: /secret", "    upstreams: [http://127.0.0.1:9/]"]
        + lines.map { "    " + $0 }
      let text = yaml.joined(separator: "\n") + "\n"
      let read = try Configuration.parse(text, file: "vesigate.yaml").configuration.routes[0].layout
      #expect(read == layout, "\(lines)")
      checked += 1
    }
    #expect(checked > 10)
  }

  @Test func `what a setting cannot hold has no lines`() {
    #expect(SettingLines.of(.vesicash.with { $0.header = "under_score" }) == nil)
    #expect(SettingLines.of(.vesicash.with { $0.listSeparator = ";" }) == nil)
    #expect(SettingLines.of(.stripe.with { $0.timestampSource = .key("a b") }) == nil)
    #expect(SettingLines.of(.cashfree.with { $0.timestampDigits = nil }) == nil)
    #expect(SettingLines.of(.vesicash.with { $0.timestampSource = .none }) == nil)
    #expect(SettingLines.of(.vesicash.with { $0.prefix = String(repeating: "x", count: 33) }) == nil)
  }
}

extension SignatureLayout {
  func with(_ change: (inout SignatureLayout) -> Void) -> SignatureLayout {
    var copy = self
    change(&copy)
    return copy
  }
}
