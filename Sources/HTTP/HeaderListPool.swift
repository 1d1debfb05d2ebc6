/// The memory of header lists that one event loop keeps for later deliveries.
///
/// A list may be given back while somebody still holds a copy of it: it is written to only when it is taken again,
/// and where the copy is still there then, the list makes itself memory of its own.
public final class HeaderListPool {
  /// More than these are freed when given back; a burst must not keep its memory for ever. A delivery has two.
  static let idleMax = 128
  /// What an ordinary head has room in. Larger lists are freed.
  static let bytesKept = 2_048

  private var idle: [HeaderList] = []

  public init() {}

  /// An empty list with room for what is expected.
  public func take(bytesExpected: Int, fieldsExpected: Int) -> HeaderList {
    guard var list = idle.popLast() else {
      return HeaderList(bytesExpected: bytesExpected, fieldsExpected: fieldsExpected)
    }
    list.removeAll()
    list.makeRoom(bytes: bytesExpected, fields: fieldsExpected)
    return list
  }

  public func giveBack(_ list: HeaderList) {
    if idle.count < Self.idleMax, list.room <= Self.bytesKept { idle.append(list) }
  }
}
