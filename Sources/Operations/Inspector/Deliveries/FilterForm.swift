/// A form whose fields end up in the address, so that a list can be kept, sent to somebody, and come back to.
struct FilterForm: Sendable {
  let address: PageAddress
  let fields: InspectorFields
  /// Those that most people need.
  let first: [HTML]
  /// Those behind one more step, and their names: they are open where one of them is in use.
  let more: [HTML]
  let moreNames: [String]
  let isNarrowed: Bool

  var html: HTML {
    element(.form, .class("filter"), .get, .action(address), .role("search"), .label("Filter")) {
      for field in first { field }
      details
      Parts.actions {
        element(.button, .type("submit")) { "Filter" }
        if isNarrowed { element(.a, .class("button"), .href(address)) { "Show all" } }
      }
    }
  }

  private var details: HTML {
    let content =
      element(.summary) { "More" } + element(.div, .class("fields")) { for field in more { field } }
    return moreNames.contains { fields[$0] != nil }
      ? element(.details, .open) { content } : element(.details) { content }
  }
}
