internal import Gateway

extension YAMLWriter {
  mutating func store(_ store: StoreConfiguration) {
    line("sqlite", YAMLWriter.quoted(store.sqlite))
    line("seal-key-file", YAMLWriter.quoted(store.sealKeyFile))
    for setting in StoreNumber.all { line(setting.key, "\(store[keyPath: setting.field])") }
  }

  mutating func durable(_ route: RouteSettings) {
    guard let durable = route.durable else { return line("durable", "false") }
    section("durable") { writer in
      for setting in DurableNumber.all { writer.line(setting.key, "\(durable[keyPath: setting.field])") }
      let statuses = durable.finalStatuses.sorted().map { String($0) }.joined(separator: ", ")
      writer.line("final-statuses", "[\(statuses)]")
      writer.line("store-signature", "\(durable.storesSignature)")
      writer.section("retry") { writer in
        for setting in RetryNumber.all {
          writer.line(setting.key, "\(durable.retry[keyPath: setting.field])")
        }
      }
      writer.section("breaker") { writer in
        for setting in BreakerNumber.all {
          writer.line(setting.key, "\(durable.breaker[keyPath: setting.field])")
        }
      }
    }
    guard let by = route.dedupeBy.text else { return line("dedupe", "none") }
    section("dedupe") {
      $0.line("by", YAMLWriter.quoted(by))
      $0.line("hours", "\(durable.dedupe.hours)")
    }
  }
}
