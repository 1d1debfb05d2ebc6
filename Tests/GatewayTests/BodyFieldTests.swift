import HTTP
import TestSupport
import Testing

@testable import Gateway

/// Members of bodies that a record shows: of what was verified, and of nothing else.
@Suite struct BodyFieldTests {
  private static let body =
    #"{"event":"payment.success","data":{"reference":"REF_1","amount":1e3,"test":false}}"#

  private func read(_ body: String, _ paths: String...) -> [String] {
    let paths = paths.compactMap(FieldPath.init).map { (path: $0, isLogged: true) }
    return Array(body.utf8).withUnsafeBytes { BodyField.read($0, paths) }.map { "\($0.name)=\($0.value)" }
  }

  @Test func `texts, numbers as they are spelled, and truths are read, in the order in which they are named`()
  {
    #expect(
      read(Self.body, "data.test", "data.amount", "event", "data.reference")
        == ["data.test=false", "data.amount=1e3", "event=payment.success", "data.reference=REF_1"])
  }

  @Test func `what is missing, null, an object or a list is left out`() {
    let body = #"{"a":null,"b":{"c":1},"d":[1],"e":"x"}"#
    #expect(read(body, "a", "b", "d", "f", "e.g", "b.c.d", "d.0", "b.c") == ["b.c=1"])
  }

  @Test(arguments: [
    "", "event=x", "[1", #"{"event":"a","event":"b"}"#, #"{"event":"a"} {}"#, "{\"event\":\"\u{1}\"}",
    #"["event"]"#,
  ])
  func `of what is no JSON, or says a name twice, nothing is read`(body: String) {
    #expect(read(body, "event") == [])
  }

  @Test func `a body that is nested deeper or is larger than its bound is not read`() {
    func nested(_ depth: Int) -> String {
      #"{"event":"x","a":"# + String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        + "}"
    }
    #expect(read(nested(31), "event") == ["event=x"])
    #expect(read(nested(32), "event") == [])
    func padded(_ count: Int) -> String {
      let start = #"{"event":"x","a":""#
      return start + String(repeating: "y", count: count - start.utf8.count - 2) + "\"}"
    }
    #expect(read(padded(BodyField.bodyBytesMax), "event") == ["event=x"])
    #expect(read(padded(BodyField.bodyBytesMax + 1), "event") == [])
  }

  @Test(arguments: [("a", 128, 128), ("a", 129, 131), ("ü", 64, 128), ("ü", 65, 131), ("\u{1F600}", 33, 131)])
  func `a value has 128 bytes at most, cut between characters`(character: String, count: Int, bytes: Int)
    throws
  {
    let text = String(repeating: character, count: count)
    let value = try #require(read("{\"event\":\"\(text)\"}", "event").first).dropFirst("event=".count)
    #expect(value.utf8.count == bytes)
    #expect(text.hasPrefix(value.hasSuffix("...") ? String(value.dropLast(3)) : String(value)))
    let digits = String(repeating: "7", count: count)
    #expect(read("{\"event\":\(digits)}", "event").first?.utf8.count ?? 0 <= "event=".count + 131)
  }

  @Test(arguments: [
    "event", "data.reference", "a-b_C.9", "a.b.c.d.e.f.g.h", String(repeating: "a", count: 48),
  ])
  func `a path is names joined by dots`(text: String) { #expect(FieldPath(text)?.text == text) }

  @Test(arguments: [
    "", ".", "a.", ".a", "a..b", "a b", "a=b", "ü", "a\n", "a[0]", "a.b.c.d.e.f.g.h.i", "a/b", "\"",
    String(repeating: "a", count: 49),
  ])
  func `anything else is no path`(text: String) { #expect(FieldPath(text) == nil) }

  // MARK: On the way of a delivery

  private func fixture(_ logged: [String]) -> ExchangeFixture {
    let fixture = ExchangeFixture([Route("/hook"), Route("/seen", observe: true)])
    fixture.loop.fields = DeliveryFields(logged: logged.compactMap(FieldPath.init))
    return fixture
  }

  @Test func `a verified delivery's record has what was named`() throws {
    let fixture = fixture(["data.reference", "data.amount"])
    fixture.deliver(Array(Self.body.utf8))
    fixture.forwarder.attempts[0].complete(200)
    #expect(try fixture.onlyRecord().fields.map(\.value) == ["REF_1", "1e3"])
    #expect(try fixture.onlyRecord().fields.allSatisfy(\.isLogged))
  }

  @Test func `of a body that no secret has verified nothing is read, be it forwarded or not`() throws {
    let forged = Signed(key: Array("another".utf8))
    for target in ["/hook", "/seen"] {
      let fixture = fixture(["event"])
      fixture.deliver(Array(Self.body.utf8), signed: forged, target: target)
      fixture.looks.finish()
      fixture.forwarder.attempts.first?.complete(200)
      #expect(try fixture.onlyRecord().fields == [], "\(target)")
    }
  }

  @Test func `while somebody watches, event and reference are read too, and are not the log's`() throws {
    let fields = DeliveryFields(logged: ["event", "data.amount"].compactMap(FieldPath.init))
    let fixture = fixture([])
    fixture.loop.fields = fields
    for isWatched in [true, false] {
      fields.watch(isWatched)
      fixture.deliver(Array(Self.body.utf8))
      fixture.forwarder.attempts.last?.complete(200)
    }
    let records = fixture.recorder.records
    #expect(
      records.map { $0.fields.map(\.name) } == [
        ["event", "data.amount", "data.reference"], ["event", "data.amount"],
      ])
    #expect(records[0].fields.map(\.isLogged) == [true, true, false])
  }

  @Test func `where nothing is named nothing is read`() throws {
    let fixture = fixture([])
    fixture.deliver(Array(Self.body.utf8))
    fixture.forwarder.attempts[0].complete(200)
    #expect(try fixture.onlyRecord().fields == [])
  }

  @Test(arguments: [(499, DeliveryRecord.Outcome.forwarded), (500, .appError), (599, .appError)])
  func `a 5xx that is handed back is the app's error`(status: Int, outcome: DeliveryRecord.Outcome) throws {
    let fixture = ExchangeFixture([Route("/hook"), Route("/seen", observe: true)])
    fixture.deliver()
    fixture.forwarder.attempts[0].complete(status)
    #expect(try fixture.onlyRecord().outcome == outcome)
    fixture.deliver(signed: Signed(key: Array("another".utf8)), target: "/seen")
    fixture.looks.finish()
    fixture.forwarder.attempts[1].complete(status)
    #expect(fixture.recorder.records.last?.outcome == .observed)
  }
}
