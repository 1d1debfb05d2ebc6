internal import NIOCore
internal import Synchronization

/// Whose requests can be answered at once. Browsers keep connections open for what may come: one that asks for nothing
/// gives way to one that comes when all are taken, so that six of each window shut nobody out.
final class InspectorSlots: Sendable {
  /// Long enough to say something.
  static let sayingTime = TimeAmount.milliseconds(200)

  private struct State {
    var taken = 0
    /// Those that ask for nothing now, the longest first.
    var resting: [(channel: any Channel, since: NIODeadline)] = []
  }

  private let state = Mutex(State())

  /// Whether there is one for it, if need be that of one that rests. It rests itself until it asks.
  func take(_ channel: any Channel) -> Bool {
    let now = NIODeadline.now()
    let (isTaken, displaced) = state.withLock { state -> (Bool, (any Channel)?) in
      var displaced: (any Channel)?
      if state.taken >= InspectorServer.connectionsMax {
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

  /// It asks. False where its slot has been given to another already.
  func begin(_ channel: any Channel) -> Bool { state.withLock { Self.remove(channel, &$0) } }

  /// It has its answer.
  func rest(_ channel: any Channel) { state.withLock { $0.resting.append((channel, .now())) } }

  /// - Parameter isAsking: whether it has begun, and does not rest.
  func giveBack(_ channel: any Channel, isAsking: Bool) {
    state.withLock { if isAsking || Self.remove(channel, &$0) { $0.taken -= 1 } }
  }

  private static func remove(_ channel: any Channel, _ state: inout State) -> Bool {
    guard let index = state.resting.firstIndex(where: { $0.channel === channel }) else { return false }
    state.resting.remove(at: index)
    return true
  }
}
