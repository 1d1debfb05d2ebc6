import Testing

@testable import Operations

/// The small pieces of pages.
struct InspectorPartsTests {
  @Test func `numbers are grouped`() {
    #expect(
      [0, 7, 999, 1_000, 12_345, 1_234_567, -1_000].map(Parts.number) == [
        "0", "7", "999", "1,000", "12,345", "1,234,567", "-1,000",
      ])
    #expect(Parts.counted(1) == "1 delivery" && Parts.counted(0) == "0 deliveries")
    #expect(Parts.counted(2_000, "byte", "bytes") == "2,000 bytes")
  }

  @Test func `sizes are told in the largest unit that they fill`() {
    #expect(
      [0, 1, 1_023, 1_024, 1_536, 1_048_576, 3 << 30, .max].map(Parts.size) == [
        "0 bytes", "1 byte", "1,023 bytes", "1.0 KiB", "1.5 KiB", "1.0 MiB", "3.0 GiB", Parts.size(.max),
      ])
  }

  @Test func `an instant is told by its distance, and in full for machines and for the careful`() throws {
    let now = FakeInspectorSource.now
    let page = try ReadPage(String(decoding: Parts.time(now - 12_000, now).bytes, as: UTF8.self))
    #expect(page.text == "12 s ago 2026-11-21 21:19:48 UTC")
    #expect(page.all("time").first?["datetime"]?.hasPrefix("2026-11-21T21:19:48") == true)
    #expect(String(decoding: Parts.time(0, now).bytes, as: UTF8.self).contains("never"))
    #expect(Parts.distance(now + 300_000, now) == "in 5 min")
  }

  @Test func `a table names its columns and rows, and each cell its column where it stands alone`() throws {
    let table = Parts.table(
      "All", ["Id", .number("Body")], [[HTML("a"), HTML("1")], [HTML("b"), HTML("2")]])
    let page = try ReadPage(String(decoding: table.bytes, as: UTF8.self))
    #expect(page.isBalanced && page.count("caption") == 1 && page.count("td") == 2)
    #expect(page.all("th").compactMap { $0["scope"] } == ["col", "col", "row", "row"])
    #expect(page.all("td").allSatisfy { $0["role"] == "cell" && $0["class"] == "number" })
    #expect(page.all("span").count { $0 == ["class": "label", "aria-hidden": "true"] } == 4)
  }

  @Test func `each field of a form has its label, and what is offered is only offered`() throws {
    let form =
      Parts.field("Route", name: "route", value: "/a\"", options: ["/a", "/b"], hint: "any")
      + Parts.choice(
        "State", name: "state", value: "dead", options: [("dead", "dead"), ("queued", "queued")])
    let page = try ReadPage(String(decoding: form.bytes, as: UTF8.self))
    #expect(page.all("label").map { $0["for"] } == ["field-route", "field-state"])
    #expect(
      page.all("input").first?["value"] == "/a\"" && page.all("input").first?["list"] == "choices-route")
    #expect(page.all("datalist").first?["id"] == "choices-route")
    #expect(
      page.all("option").filter { $0.keys.contains("selected") } == [["value": "dead", "selected": ""]])
  }

  @Test func `what cannot be undone is asked first, with a way back`() throws {
    let asked = Parts.confirmation(
      "Delete 3 deliveries?", "Delete", post: PageAddress("change"),
      fields: [("route", "/a"), ("none", nil)],
      tone: .problem, back: PageAddress("stored"))
    let page = try ReadPage(String(decoding: asked.bytes, as: UTF8.self))
    #expect(page.all("form").first?["method"] == "post" && page.all("form").first?["action"] == "/change")
    #expect(page.all("input") == [["type": "hidden", "name": "route", "value": "/a"]])
    #expect(page.all("a").first?["href"] == "/stored" && page.text.contains("Delete 3 deliveries?"))
  }
}
