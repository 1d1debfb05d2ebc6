/// What shows deliveries and changes them, by its addresses; nil where there is no such page.
extension Inspector {
  func showDeliveries(_ request: InspectorRequest) async -> InspectorReply? {
    let segments = request.segments
    switch (segments.first, segments.count) {
    case ("recent", 1): return recentList(request)
    case ("recent", 2): return await recentDelivery(segments[1], request)
    case ("recent", 3): return await recentPart(segments[1], segments[2], request)
    case ("stored", 1): return await storedList(request)
    case ("stored", 2): return await stored(segments[1], request)
    case ("stored", 3): return await storedPart(segments[1], segments[2], request)
    case ("compare", 1): return await compare(request)
    case ("change", 1): return await changePage(request)
    case ("test", 1): return testPage(request)
    case ("test", 2): return await sentTest(segments[1])
    default: return nil
    }
  }

  func actOnDeliveries(_ request: InspectorRequest) async -> InspectorReply? {
    let segments = request.segments
    switch (segments.first, segments.count) {
    case ("stored", 3): return await changeStored(segments[1], segments[2], request)
    case ("change", 1): return await changeMany(request)
    case ("test", 1): return await sendTest(request)
    default: return nil
    }
  }
}
