internal import Synchronization

/// Which members of verified bodies are read: those that the operator named for the log, and while somebody watches
/// deliveries those by which people know them. Where nobody wants any, no body is read.
public final class DeliveryFields: Sendable {
  /// So many may be named for the log.
  public static let loggedMax = 8
  /// Of Vesicash and its kin.
  static let watched = ["event", "data.reference"].compactMap(FieldPath.init)

  private let logged: [(path: FieldPath, isLogged: Bool)]
  private let all: [(path: FieldPath, isLogged: Bool)]
  private let isWatched = Atomic<Bool>(false)

  public init(logged: [FieldPath]) {
    self.logged = logged.map { (path: $0, isLogged: true) }
    let besides = Self.watched.filter { !logged.contains($0) }.map { (path: $0, isLogged: false) }
    all = self.logged + besides
  }

  /// Whether somebody watches deliveries from now on.
  public func watch(_ isWatched: Bool) { self.isWatched.store(isWatched, ordering: .relaxed) }

  /// To be asked of nothing but a verified body.
  func read(_ body: UnsafeRawBufferPointer) -> [BodyField] {
    let wanted = isWatched.load(ordering: .relaxed) ? all : logged
    return wanted.isEmpty ? [] : BodyField.read(body, wanted)
  }
}
