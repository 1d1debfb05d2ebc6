import Testing

@testable import Operations

@Suite struct InspectorRequestTests {
  private func read(
    _ target: String, form: String? = nil, type: String? = "application/x-www-form-urlencoded"
  ) throws
    -> InspectorRequest
  {
    var message = InspectorMessage()
    message.target = target
    if let form {
      message.method = "POST"
      message.body = Array(form.utf8)
      if let type { message.fields = [(name: "content-type", value: type)] }
    }
    return try InspectorRequest(message)
  }

  private func status(_ target: String, form: String? = nil, type: String? = nil) -> Int? {
    do {
      _ = try read(target, form: form, type: type)
      return nil
    } catch {
      return (error as? InspectorRefusal)?.status
    }
  }

  @Test(arguments: [
    ("/", []), ("/recent", ["recent"]), ("/recent/", ["recent"]),
    ("/stored/a%2Fb/body", ["stored", "a/b", "body"]),
    ("/a+b", ["a+b"]), ("/%C3%BC", ["ü"]), ("/..", [".."]), ("/a//b", ["a", "", "b"]), ("/%00", ["\u{0}"]),
  ])
  func `a path is its parts, decoded`(target: String, segments: [String]) throws {
    #expect(try read(target).segments == segments)
  }

  @Test func `fields of a query are decoded in their order`() throws {
    let query = try read("/stored?route=%2Fhook&text=a+b%26c&text=second&empty=&bare").query
    #expect(
      query["route"] == "/hook" && query["text"] == "a b&c" && query["empty"] == nil && query["bare"] == nil)
    #expect(query.all.map(\.name) == ["route", "text", "text", "empty", "bare"])
  }

  @Test(arguments: [
    "*", "", "http://localhost/", "localhost", "/%", "/%4", "/%zz", "/%ff", "/?a=%", "/?%ff=1", "/?a=%C3",
    "/1/2/3/4/5/6/7/8/9",
  ])
  func `what is no address of ours is refused`(target: String) { #expect(status(target) == 400) }

  @Test func `more fields than any page has are refused`() {
    let fields = { (count: Int) in "/?" + (0..<count).map { "a\($0)=1" }.joined(separator: "&") }
    #expect(status(fields(64)) == nil && status(fields(65)) == 400)
  }

  @Test func `a form is read by its type, and by no other`() throws {
    #expect(try read("/change", form: "verb=replay&id=a%20b").form["id"] == "a b")
    #expect(status("/", form: "a=1", type: "Application/X-WWW-Form-Urlencoded; charset=UTF-8") == nil)
    for type in ["text/plain", "multipart/form-data; boundary=x", "application/json", nil] {
      #expect(status("/", form: "a=1", type: type) == 415, "\(type ?? "none")")
    }
    #expect(status("/", form: "") == nil)
    #expect(try read("/", form: "").method == .post)
  }

  @Test func `of a form that was cut nothing is taken`() {
    var message = InspectorMessage()
    message.method = "POST"
    message.isBodyCut = true
    message.fields = [(name: "content-type", value: "application/x-www-form-urlencoded")]
    #expect { try InspectorRequest(message) } throws: { ($0 as? InspectorRefusal)?.status == 413 }
  }

  @Test func `an address reads back to what was put in`() throws {
    for text in ["/hook", "a b+c%20", "ü\u{202E}\u{0}", "a/b?c=d&e#f", "..", "\u{FFFD}"] {
      let address = PageAddress("stored", text, query: [("text", text), ("none", nil)])
      let request = try read(address.text)
      #expect(request.segments == ["stored", text] && request.query["text"] == text)
      #expect(request.query.all.count == 1)
    }
  }
}
