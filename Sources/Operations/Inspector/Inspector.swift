/// The pages, by their addresses. Who may ask has been judged before.
struct Inspector: Sendable {
  let source: any InspectorSource
  let jobs: InspectorJobs

  func answer(_ request: InspectorRequest) async -> InspectorReply {
    switch (request.method, request.segments.first) {
    case (.get, nil): await overview(request)
    default: notFound()
    }
  }
}
