import Gateway
import Signing
import Testing

@testable import vesigate

struct SampleTests {
  @Test func `the samples that are told are those of send`() {
    let rows = Document("docs/operations.md").table(below: "| preset | events")
    #expect(rows.count > 5)
    for (name, layout) in SignatureLayout.presets {
      let row = rows.first { $0[0] == "`\(name)`" } ?? rows[rows.count - 1]
      let told = row[1].matches(of: /`([^`]+)`/).map { String($0.1) }
      #expect(told == SampleDelivery.events(of: layout), "\(name)")
    }
  }
}
