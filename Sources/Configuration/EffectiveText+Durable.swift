internal import Gateway

extension YAMLWriter {
  mutating func store(_ store: StoreConfiguration) {
    line("sqlite", YAMLWriter.quoted(store.sqlite))
    line("seal-key-file", YAMLWriter.quoted(store.sealKeyFile))
    numbers(NumberSetting.all, of: store)
  }

  mutating func durable(_ route: RouteSettings) {
    if let durable = route.durable {
      writeDurable(durable)
    } else {
      line("durable", "false")
    }
    dedupe(route.dedupe)
    guard let quarantine = route.quarantine else { return line("quarantine", "none") }
    section("quarantine") {
      $0.numbers(NumberSetting.all, of: quarantine)
      $0.line("release", quarantine.release.rawValue)
    }
  }

  private mutating func dedupe(_ dedupe: DedupeSettings) {
    guard let by = dedupe.by.text else { return line("dedupe", "none") }
    section("dedupe") {
      $0.line("by", YAMLWriter.quoted(by))
      $0.line("hours", "\(dedupe.hours)")
    }
  }

  private mutating func writeDurable(_ durable: DurableSettings) {
    section("durable") { writer in
      writer.numbers(NumberSetting.all, of: durable)
      let statuses = durable.finalStatuses.sorted().map { String($0) }.joined(separator: ", ")
      writer.line("final-statuses", "[\(statuses)]")
      writer.line("store-signature", "\(durable.storesSignature)")
      writer.section("retry") { $0.numbers(NumberSetting.all, of: durable.retry) }
      writer.section("breaker") { $0.numbers(NumberSetting.all, of: durable.breaker) }
    }
  }
}
