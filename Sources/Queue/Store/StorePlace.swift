/// Where the open store lies. Whoever moves or removes it takes along all that would be answered 200 from then on, for
/// SQLite goes on writing to it without a word.
final class StorePlace {
  private let file: Whereabouts
  /// Once SQLite has opened it.
  private var log: Whereabouts?

  /// To be made before SQLite opens the file: then one that came in between is found.
  ///
  /// - Throws: where it is not there.
  init(_ path: String) throws(StoreFault) {
    guard let file = Whereabouts(path) else { throw .moved("\(path) is not there any more") }
    self.file = file
  }

  func watchLog() { log = Whereabouts(file.path + "-wal") }

  var isDeleted: Bool { file.isDeleted }

  /// A `stat` for each, beside an fsync.
  ///
  /// - Throws: what has happened, and what there is to do.
  func check() throws(StoreFault) {
    try checkFile()
    switch log?.look ?? .same {
    case .same: break
    case .gone, .other:
      throw .moved(
        "\(file.path)-wal was moved or deleted while it was open: what it held is moved into \(file.path), and a "
          + "new one is made")
    }
  }

  private func checkFile() throws(StoreFault) {
    let look = file.look
    guard look != .same else { return }
    throw .moved(sentence(look, isDeleted: file.isDeleted))
  }

  private func sentence(_ look: Whereabouts.Look, isDeleted: Bool) -> String {
    let path = file.path
    switch (look, isDeleted) {
    case (.other, true):
      return
        "\(path) was replaced while it was open: move away what is there now, and what the old one holds is written "
        + "anew; a restart takes the new one, and leaves what the old one holds in \(path).rescued"
    case (.other, false):
      return
        "\(path) is another file than the one that is open, which lies at \(file.newPlace): put that back, and it "
        + "goes on by itself; a restart takes the other one"
    case (_, true):
      return "\(path) was deleted while it was open: what it holds is written into a new one"
    case (_, false):
      return
        "\(path) was moved to \(file.newPlace) while it was open: put it back, and it goes on by itself; a restart "
        + "begins an empty store"
    }
  }

  /// Before it is opened anew. Another file's rows have the same numbers: what waits to be written down would be
  /// written to strangers. And another's log would be taken for this one's.
  func checkBeforeOpening() throws(StoreFault) {
    try checkFile()
    guard let log, log.look == .other, !log.isEmpty else { return }
    throw .moved(
      "\(log.path) is another file than the one that was open: remove it, and it goes on by itself; \(file.path) "
        + "has all that is stored")
  }
}
