internal import Gateway

/// Bodies and heads from the store.
extension Inspector {
  /// Beyond it a command is for that: an answer is put together in memory.
  private static let downloadBytesMax = 32 << 20

  func storedBody(_ id: String, _ caller: InspectorCaller) -> BodySource {
    let source = source
    return BodySource { offset in
      var question = QueueRequest(.body)
      question.id = id
      question.offset = offset
      let answer = await source.queue(question, by: caller.queueCaller)
      guard answer.ok, let part = answer.part, let bytes = part.bytes else {
        return .refused(
          answer.ok ? "The body cannot be read." : "The body cannot be shown: \(answer.message).",
          status: answer.refusal == .absent ? 404 : 503)
      }
      return .part(bytes, total: part.bytesTotal)
    }
  }

  /// Request line and fields as they go to the app, with what is known besides.
  func storedHead(_ id: String, _ caller: InspectorCaller) async -> QueueAnswer {
    var question = QueueRequest(.head)
    question.id = id
    return await source.queue(question, by: caller.queueCaller)
  }

  /// Of all routes: the one that a delivery came by may have gone, or have another layout by now.
  var privateFields: [String] { source.routes.flatMap(\.privateFields) }

  func storedPart(_ id: String, _ what: String, _ request: InspectorRequest) async -> InspectorReply? {
    guard PublicID(id) != nil, what == "view" || what == "body" else { return nil }
    let body = storedBody(id, request.caller)
    guard what == "view" else {
      return await download(
        body, name: "\(id).body", command: "vesigate queue body \(id) --out FILE", in: .stored)
    }
    return await bodyPage(body, "Body of \(id)", in: .stored, ("stored", id), request)
  }

  /// - Parameter name: of the file.
  func download(_ body: BodySource, name: String, command: String, in section: PageSection) async
    -> InspectorReply
  {
    switch await body.whole(bytesMax: Self.downloadBytesMax) {
    case .refused(let sentence, let status): refused(sentence, status: status, in: section)
    case .part(let bytes, let total) where bytes.count < total:
      refused(
        "A body of \(Parts.size(total)) is more than pages hand out. The command is for that: \(command)",
        in: section)
    case .part(let bytes, _): InspectorReply(content: .download(bytes, name: name))
    }
  }

  /// A page with nothing but a part of a body.
  ///
  /// - Parameter segments: of the address of what has it.
  func bodyPage(
    _ body: BodySource, _ title: String, in section: PageSection, _ segments: (String, String),
    _ request: InspectorRequest
  ) async -> InspectorReply {
    let form = request.query["as"].flatMap { BodyForm(rawValue: $0) }
    let offset = max(request.query["offset"].flatMap { Int($0) } ?? 0, 0)
    switch await body.part(form, from: offset) {
    case .failure(let refusal): return refused(refusal.sentence, status: refusal.status, in: section)
    case .success(let part):
      return page(title, in: section) {
        element(.p) { Parts.link("Back to the delivery", PageAddress(segments.0, segments.1)) }
        Self.view(part, form, segments).html
      }
    }
  }

  static func view(_ part: BodyPart, _ form: BodyForm?, _ segments: (String, String)) -> BodyView {
    let (section, name) = segments
    return BodyView(
      part: part, asked: form,
      address: { form, offset in
        PageAddress(
          section, name, "view",
          query: [("as", form.rawValue), ("offset", offset == 0 ? nil : "\(offset)")])
      },
      download: PageAddress(section, name, "body"))
  }

  /// The body on the page of its delivery: its beginning, or why it is not there.
  func preview(_ body: BodySource, _ segments: (String, String)) async -> HTML {
    let content: HTML
    switch await body.part(nil, from: 0, textBytesMax: BodyPart.previewBytesMax) {
    case .failure(let refusal): content = Parts.empty { refusal.sentence }
    case .success(let part):
      content = Self.view(part, nil, segments).html
    }
    return element(.section, .labelledBy("body")) {
      element(.h2, .id("body")) { "Body" }
      content
    }
  }
}
