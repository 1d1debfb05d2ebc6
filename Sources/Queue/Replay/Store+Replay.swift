internal import Gateway

extension Store {
  /// Begins to send again what an order means; a step at a time, by the replays' driver.
  public func begin(
    _ order: ReplayOrder, rate: Int, for caller: any StoreCaller,
    then answer: @escaping @Sendable (Result<ReplayAnswer, StoreRefusal>) -> Void
  ) {
    ask(caller, answer) { ledger throws(StoreFault) in try ledger.beginReplay(order, rate: rate) }
  }

  /// Pauses, resumes or stops a replay.
  ///
  /// - Returns: to `answer`, how it stands then; nil where there is none of that number, or where that cannot happen
  ///   to it.
  public func change(
    replay number: Int64, _ event: ReplayState.Event, for caller: any StoreCaller,
    then answer: @escaping @Sendable (Result<Replay?, StoreRefusal>) -> Void
  ) {
    ask(caller, answer) { ledger throws(StoreFault) in try ledger.changeReplay(number, event) }
  }

  /// Moves the next of a replay's: up to `limit`, and as far as their lanes have room.
  public func step(
    replay number: Int64, limit: Int, room: ReplayRoom, for caller: any StoreCaller,
    then answer: @escaping @Sendable (Result<ReplayStep, StoreRefusal>) -> Void
  ) {
    ask(caller, answer) { ledger throws(StoreFault) in
      try ledger.stepReplay(number, limit: limit, room: room)
    }
  }
}
