/// A setting that is a whole number: its key within a mapping, what it may be, and where it goes.
struct NumberSetting<Owner> {
  let key: String
  let range: ClosedRange<Int>
  let field: WritableKeyPath<Owner, Int>
}

extension MappingReader {
  /// Takes those of the settings that are there and may be so; the others stay as they are.
  func readNumbers<Owner>(_ settings: [NumberSetting<Owner>], into owner: inout Owner) {
    for setting in settings {
      guard let number = self[setting.key]?.number(in: setting.range) else { continue }
      owner[keyPath: setting.field] = number
    }
  }
}

extension YAMLWriter {
  mutating func numbers<Owner>(_ settings: [NumberSetting<Owner>], of owner: Owner) {
    for setting in settings { line(setting.key, "\(owner[keyPath: setting.field])") }
  }
}
