import Gateway
import Testing

@testable import Configuration

@Suite struct TestReaderTests {
  private func route(_ lines: String) -> String { configuration(route: lines) }

  private func found(_ lines: String) -> [String] {
    problems(route(lines)).map { $0.drop { $0 != " " }.dropFirst().description }
  }

  private func warnings(_ lines: String) throws -> [String] {
    try Configuration.parse(route(lines), file: "v.yaml", environment: [:]).warnings.map(\.description)
  }

  @Test func `neither tests nor bodies are anybody's unless the file says so`() throws {
    for lines in ["", "test: false", "inspect: {}", "inspect: {bodies: false}"] {
      let settings = try parsed(route(lines)).routes[0]
      #expect(!settings.allowsTest && !settings.keepsBodies, "\(lines)")
      #expect(try warnings(lines).isEmpty, "\(lines)")
    }
  }

  @Test func `both are taken, and reach the route`() throws {
    let settings = try parsed(route("test: true\ninspect: {bodies: true}")).routes[0]
    #expect(settings.allowsTest && settings.keepsBodies)
    let made = settings.route(secretFileIndex: 0)
    #expect(made.allowsTest && made.keepsBodies)
    let one = try parsed(route("test: true")).routes[0].route(secretFileIndex: 0)
    #expect(one.allowsTest && !one.keepsBodies)
  }

  @Test func `that an app can be sent tests is warned of, with the name by which it knows them`() throws {
    let warnings = try warnings("test: true\nverified-header: X-Checked")
    #expect(warnings.count == 1 && warnings[0].contains("routes[0].test: lets whoever reaches the inspector"))
    #expect(warnings[0].contains("X-Delivery-Test beside X-Checked"))
    #expect(try self.warnings("inspect: {bodies: true}").isEmpty)
  }

  @Test(
    arguments: [
      ("test: yes", "routes[0].test: must be true or false"),
      ("test: \"true\"", "routes[0].test: must be true or false, without quotes"),
      ("test:", "routes[0].test: must have a value; leave the line out for the default"),
      ("inspect: true", "routes[0].inspect: must be a mapping such as {bodies: true}"),
      ("inspect: {bodies: all}", "routes[0].inspect.bodies: must be true or false"),
      ("inspect: {body: true}", "routes[0].inspect.body: unknown setting"),
    ])
  func `what fits neither is said`(lines: String, sentence: String) { #expect(found(lines) == [sentence]) }

  @Test(arguments: ["X-Delivery-Test", "x-delivery-TEST", "X-DeliveryTest", "XDelivery-Test"])
  func `no route's mark has the name of a test's`(name: String) {
    #expect(
      found("verified-header: \(name)") == [
        "routes[0].verified-header: must be a header of its own: X-Delivery-Test is how an app knows a test delivery"
      ])
  }

  @Test(
    arguments: [
      "{header: X-Delivery-Test}",
      "{id-from: \"header:x-delivery-test\", signed: \"{id}.{timestamp}.{body}\"}",
      "{timestamp-from: \"header:X-DeliveryTest\"}",
    ])
  func `no layout reads what never goes on`(signature: String) {
    #expect(
      found("signature: \(signature)") == [
        "routes[0].signature: must not read X-Delivery-Test: no sender's own goes to the app"
      ])
  }
}
