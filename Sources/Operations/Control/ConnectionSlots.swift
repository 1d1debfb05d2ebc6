internal import NIOCore
internal import Synchronization

/// Whose commands are being answered, on all event loops together. Who has a slot and says nothing gives way to who
/// comes when all are taken, once it has had time to say its line.
final class ConnectionSlots: Sendable {
  private struct State {
    var taken = 0
    /// Those who have not asked for anything yet, the oldest first.
    var silent: [(channel: any Channel, since: NIODeadline)] = []
  }

  static let sayingTime = TimeAmount.milliseconds(200)

  private let state = Mutex(State())

  /// Whether there is a slot for it, if need be that of a silent one.
  func take(_ channel: any Channel) -> Bool {
    let now = NIODeadline.now()
    let (isTaken, displaced) = state.withLock { state -> (Bool, (any Channel)?) in
      var displaced: (any Channel)?
      if state.taken >= ControlServer.connectionsMax {
        guard let oldest = state.silent.first, now - oldest.since >= Self.sayingTime else {
          return (false, nil)
        }
        state.silent.removeFirst()
        state.taken -= 1
        displaced = oldest.channel
      }
      state.taken += 1
      state.silent.append((channel, now))
      return (true, displaced)
    }
    displaced?.close(promise: nil)
    return isTaken
  }

  /// It asks for something: its slot is its own. False where that has been given to another already.
  func keep(_ channel: any Channel) -> Bool {
    state.withLock { Self.remove(channel, from: &$0) }
  }

  /// - Parameter hasAsked: whether it kept its slot.
  func giveBack(_ channel: any Channel, hasAsked: Bool) {
    state.withLock { if hasAsked || Self.remove(channel, from: &$0) { $0.taken -= 1 } }
  }

  private static func remove(_ channel: any Channel, from state: inout State) -> Bool {
    guard let index = state.silent.firstIndex(where: { $0.channel === channel }) else { return false }
    state.silent.remove(at: index)
    return true
  }
}
