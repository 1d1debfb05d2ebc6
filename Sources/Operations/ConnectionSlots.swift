internal import NIOCore
internal import Synchronization

/// Whose connections are served at once, on all event loops together. Who has a slot and asks for nothing gives way to
/// who comes when all are taken, once it has had time to say something: a command that opens the socket and is silent
/// keeps nobody out, nor does what a browser keeps open for what may come.
final class ConnectionSlots: Sendable {
  /// Long enough to say something.
  static let sayingTime = TimeAmount.milliseconds(200)

  private struct State {
    var taken = 0
    /// Those who ask for nothing now, the longest first.
    var resting: [(channel: any Channel, since: NIODeadline)] = []
  }

  private let max: Int
  private let state = Mutex(State())

  init(max: Int) { self.max = max }

  /// Whether there is one for it, if need be that of one that rests. It rests itself until it asks.
  func take(_ channel: any Channel) -> Bool {
    let now = NIODeadline.now()
    let (isTaken, displaced) = state.withLock { state -> (Bool, (any Channel)?) in
      var displaced: (any Channel)?
      if state.taken >= max {
        guard let oldest = state.resting.first, now - oldest.since >= Self.sayingTime else {
          return (false, nil)
        }
        state.resting.removeFirst()
        state.taken -= 1
        displaced = oldest.channel
      }
      state.taken += 1
      state.resting.append((channel, now))
      return (true, displaced)
    }
    displaced?.close(promise: nil)
    return isTaken
  }

  /// It asks for something: its slot is its own. False where that has been given to another already.
  func keep(_ channel: any Channel) -> Bool { state.withLock { Self.remove(channel, from: &$0) } }

  /// It has what it asked for, and may ask again.
  func rest(_ channel: any Channel) { state.withLock { $0.resting.append((channel, .now())) } }

  /// - Parameter isKept: whether it has asked for something, and does not rest.
  func giveBack(_ channel: any Channel, isKept: Bool) {
    state.withLock { if isKept || Self.remove(channel, from: &$0) { $0.taken -= 1 } }
  }

  private static func remove(_ channel: any Channel, from state: inout State) -> Bool {
    guard let index = state.resting.firstIndex(where: { $0.channel === channel }) else { return false }
    state.resting.remove(at: index)
    return true
  }
}
