/// The style sheet of all pages.
enum InspectorStyle {
  /// With its own fingerprint: a browser may keep it as long as it likes.
  static let address = PageAddress("style.css", query: [("v", version)])

  static let text = ":root { color-scheme: light dark; }"

  /// FNV-1a of the text.
  static let version: String = {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return String(hash, radix: 36)
  }()
}
