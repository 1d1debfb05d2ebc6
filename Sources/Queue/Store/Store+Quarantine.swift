public import Gateway

extension Store {
  /// Keeps what nobody has verified, behind all else. Nobody is told what comes of it; it is counted.
  func quarantine(
    _ delivery: QuarantinedDelivery, _ settings: DurableSettings.Quarantine, for caller: any StoreCaller
  ) {
    let bounds = QuarantineBounds(
      deliveriesMax: settings.deliveriesMax, bytesMax: Int64(settings.bytesMax))
    let (gate, route) = (gate, delivery.route)
    putSpare(
      Order(
        caller: caller, entersBefore: nil, isKept: false, bytes: delivery.head.count + delivery.body.count,
        perform: { ledger throws(StoreFault) in
          try ledger.quarantine(delivery, bounds)
          return {}
        },
        refuse: { _ in gate.leaveOut(route) }))
  }

  /// Keeps a delivery that was quarantined and is verified by now, and takes it out of the quarantine, all or nothing.
  public func release(
    _ acceptance: Acceptance, of ticket: QuarantineTicket, for caller: any StoreCaller,
    then answer: @escaping @Sendable (ReleaseOutcome) -> Void
  ) {
    put(
      Order(
        caller: caller, entersBefore: nil, isKept: false,
        bytes: acceptance.delivery.head.count + acceptance.delivery.body.count,
        perform: { ledger throws(StoreFault) in
          let outcome = try ledger.release(acceptance, ticket)
          return { answer(outcome) }
        },
        refuse: { answer(.accepted(.refused($0))) }))
  }

  /// Throws away what is quarantined. Up to a thousand at once.
  ///
  /// - Returns: to `answer`, how many went.
  public func drop(
    _ tickets: [QuarantineTicket], for caller: any StoreCaller,
    then answer: @escaping @Sendable (Result<Int, StoreRefusal>) -> Void
  ) {
    ask(caller, answer) { ledger throws(StoreFault) in
      try ledger.drop(Array(tickets.prefix(Ledger.chunk)))
    }
  }

  /// Notes which secrets have judged them, and verify none of them. Up to a thousand at once.
  public func mark(
    _ tickets: [QuarantineTicket], judgement: Int64, for caller: any StoreCaller,
    then answer: @escaping @Sendable (Result<Int, StoreRefusal>) -> Void
  ) {
    ask(caller, answer) { ledger throws(StoreFault) in
      let marked = Array(tickets.prefix(Ledger.chunk))
      try ledger.mark(marked, judgement: judgement)
      return marked.count
    }
  }

  /// So many secrets are remembered that others had.
  public static let revokedMax = Ledger.revokedMax

  /// Remembers secrets that were replaced because others had them, by their fingerprints.
  public func revoke(
    _ fingerprints: [String], for caller: any StoreCaller,
    then answer: @escaping @Sendable (Result<Int, StoreRefusal>) -> Void
  ) {
    ask(caller, answer) { ledger throws(StoreFault) in
      try ledger.revoke(fingerprints)
      return fingerprints.count
    }
  }

  private func putSpare(_ order: Order) {
    let now = Uptime.nanoseconds()
    let isTaken = mailbox.withLock { !$0.isClosed && $0.spare.add(order, at: now) }
    guard isTaken else { return order.refuse(.full) }
    mailbox.ring(Mailbox.writerBell)
  }
}
