internal import Configuration
internal import Gateway
internal import Glibc

/// What `check` says of the store's place, which a start needs: its folders are looked for, nothing is opened.
enum StorePlaceWarnings {
  static func all(for store: StoreConfiguration, _ routes: [Route]) -> [String] {
    // The folder of the default is systemd's to make, at the first start.
    guard routes.contains(where: \.isDurable), store.sqlite != StoreConfiguration().sqlite else { return [] }
    return [("sqlite", store.sqlite), ("seal-key-file", store.sealKeyFile)].compactMap { setting, path in
      let folder = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
      guard !folder.isEmpty, access(folder, F_OK) != 0, errno == ENOENT else { return nil }
      return "store.\(setting): there is no folder \(folder), and vesigate run makes none"
    }
  }
}
