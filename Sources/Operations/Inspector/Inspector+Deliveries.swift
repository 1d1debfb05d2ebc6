/// What shows deliveries and changes them, by its addresses; nil where there is no such page.
extension Inspector {
  func showDeliveries(_ request: InspectorRequest) async -> InspectorReply? { nil }

  func actOnDeliveries(_ request: InspectorRequest) async -> InspectorReply? { nil }
}
