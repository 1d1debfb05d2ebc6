internal import Configuration
internal import POSIX
internal import Queue
internal import Secrets

/// The store's files before it is opened, at a start, at a reload and by `check`: looked at, and not written to.
enum StoreFiles {
  /// - Throws: who else could have a hand in them.
  static func judgePlace(_ store: StoreConfiguration) throws(StoreFault) {
    do throws(FileFailure) {
      try folder(store).judge()
      try PrivateFolder(of: [store.sealKeyFile], for: "the store's key").judge()
    } catch {
      throw .refused(error.description)
    }
  }

  /// What a start would refuse, or go on without; nil where nothing is in its way.
  static func fault(_ store: StoreConfiguration) -> StoreFault? {
    do throws(StoreFault) {
      try judgePlace(store)
      try StoreLook.judge(
        StoreSettings(sqlite: store.sqlite, sealKeyFile: store.sealKeyFile, clock: Clocks.now))
      return nil
    } catch {
      return error
    }
  }

  /// Whether the folder is missing that systemd makes before the service is started.
  static func isMadeByUnit(_ store: StoreConfiguration) -> Bool {
    store.sqlite == StoreConfiguration().sqlite && folder(store).isAbsent
  }

  private static func folder(_ store: StoreConfiguration) -> PrivateFolder {
    PrivateFolder(of: ["", "-wal", "-shm", ".lock"].map { store.sqlite + $0 }, for: "the store")
  }
}
