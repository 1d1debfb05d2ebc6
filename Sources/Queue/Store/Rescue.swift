internal import Glibc

/// Gets out of an open connection what no path leads to any more.
struct Rescue {
  let ledger: Ledger
  let path: String

  /// - Parameter isLast: nobody tries again.
  /// - Throws: why that is not possible now. Until it is, the connection must stay open: it has the only copy.
  func run(isLast: Bool = false) throws(StoreFault) {
    // Whatever becomes of the log, the file has all of it.
    guard try ledger.connection.checkpoint(.truncating) else { throw .busy }
    guard let place = ledger.place, place.isDeleted else { return }
    // While something else lies in its place.
    if !isLast, access(path, F_OK) == 0 { return try place.check() }
    try write()
    // No other file is written over.
    guard link(rescued, path) == 0 else {
      if isLast { return }
      throw failure(StoreFault.text(errno))
    }
    unlink(rescued)
    guard Folder.sync(of: path) else { throw .sync }
    ledger.place = try StorePlace(path)
  }

  private var rescued: String { path + ".rescued" }

  private func write() throws(StoreFault) {
    unlink(rescued)
    let file = open(rescued, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard file >= 0 else { throw failure(StoreFault.text(errno)) }
    close(file)
    do throws(StoreFault) { try ledger.connection.copy(to: rescued) } catch {
      unlink(rescued)
      throw failure(error.sentence)
    }
    guard Folder.syncFile(rescued) else { throw .sync }
  }

  private func failure(_ why: String) -> StoreFault {
    .moved(
      "\(path) was deleted while it was open, and cannot be written anew: \(why). Help that, and it goes on by itself; "
        + "do not end vesigate before: it alone still has what was stored")
  }
}
