/// The pages, by their addresses. Who may ask has been judged before; whether he may change anything is judged here.
struct Inspector: Sendable {
  let source: any InspectorSource
  let jobs: InspectorJobs
  let tests = TestDeliveries()

  func answer(_ request: InspectorRequest) async -> InspectorReply {
    switch request.method {
    case .get: await show(request)
    case .post where !request.caller.mayAct:
      refused(
        "Nothing can be changed from here: on TCP that needs inspector: {actions: true}. The commands can do it.",
        status: 403)
    case .post: await act(request)
    }
  }

  private func show(_ request: InspectorRequest) async -> InspectorReply {
    let segments = request.segments
    switch (segments.first, segments.count) {
    case (nil, _): return await overview(request)
    case ("style.css", 1): return InspectorReply(content: .style(InspectorStyle.text))
    // Browsers ask for it, and complain of a 404 for ever.
    case ("favicon.ico", 1): return InspectorReply(status: 204)
    case ("quarantine", 1): return await quarantineList(request)
    case ("quarantine", 2) where segments[1] == "change": return await quarantineChange(request)
    case ("quarantine", 2): return await quarantined(segments[1], request)
    case ("replays", 1): return await replays(request)
    default: return await showDeliveries(request) ?? notFound()
    }
  }

  private func act(_ request: InspectorRequest) async -> InspectorReply {
    let segments = request.segments
    switch (segments.first, segments.count) {
    case ("quarantine", 2): return await changeQuarantine(segments[1], request)
    case ("replays", 3): return await changeReplay(segments[1], segments[2], request)
    case ("jobs", 3): return changeJob(segments[1], segments[2])
    default: return await actOnDeliveries(request) ?? notFound("There is nothing to be done here.")
    }
  }
}
