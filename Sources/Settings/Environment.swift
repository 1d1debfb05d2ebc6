/// Settings from the environment: `VESIGATE_LIMITS_BODY_BYTES_MAX` stands for `limits.body-bytes-max`. They
/// replace what the file says before anything is checked, so both go the same way.
enum Environment {
  static let prefix = "VESIGATE_"

  /// Puts the variables into the tree; unknown ones are reported.
  static func apply(_ environment: [String: String], to root: inout YAMLNode, report: Report) {
    let settings = Dictionary(uniqueKeysWithValues: Schema.overridable.map { (variable(for: $0), $0) })
    for (name, value) in environment.sorted(by: { $0.key < $1.key }) where name.hasPrefix(prefix) {
      guard !isServiceLink(name) else { continue }
      let place = Place.environment("".appendingSetting(name))
      guard let setting = settings[name] else {
        // Without the prefix, which makes all of them look alike.
        let known = settings.keys.sorted().map { String($0.dropFirst(prefix.count)) }
        let near = Suggestion.nearest(to: String(name.dropFirst(prefix.count)), among: known)
        let ending = near.map { ", did you mean \(prefix)\($0)?" } ?? ""
        report.refuse(Spot(place: place, path: ""), "unknown" + ending)
        continue
      }
      root.set(setting.split(separator: ".").map(String.init)[...], to: node(setting, value, place), place)
    }
  }

  static func variable(for setting: String) -> String {
    prefix + String(setting.uppercased().map { $0 == "-" || $0 == "." ? "_" : $0 })
  }

  /// Kubernetes sets these for a service that is called vesigate.
  private static func isServiceLink(_ name: String) -> Bool {
    name == "VESIGATE_PORT" || name.hasPrefix("VESIGATE_PORT_") || name.hasPrefix("VESIGATE_SERVICE_")
  }

  /// Lists are written with commas.
  private static func node(_ setting: String, _ value: String, _ place: Place) -> YAMLNode {
    guard setting == "listen" || setting == "trusted-proxies" else {
      return scalar(value, place)
    }
    let parts = value.split(separator: ",").map { scalar(trimmed($0), place) }
    return YAMLNode(content: .sequence(parts), place: place)
  }

  private static func scalar(_ value: String, _ place: Place) -> YAMLNode {
    YAMLNode(content: .scalar(text: value, isPlain: true), place: place)
  }

  private static func trimmed(_ text: Substring) -> String {
    var text = text
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}

extension YAMLNode {
  /// Sets a value below this mapping, making the mappings on the way. Anything else than a mapping on the
  /// way is left to be complained about.
  fileprivate mutating func set(_ keys: ArraySlice<String>, to value: YAMLNode, _ place: Place) {
    guard case .mapping(var entries) = content, let key = keys.first else { return }
    var child = YAMLNode(content: .mapping([]), place: place)
    let index = entries.firstIndex { $0.key == key }
    if let index, keys.count > 1, !entries[index].value.isNull { child = entries[index].value }
    if keys.count == 1 { child = value } else { child.set(keys.dropFirst(), to: value, place) }
    if let index {
      entries[index].value = child
    } else {
      entries.append(Entry(key: key, keyPlace: place, value: child))
    }
    content = .mapping(entries)
  }
}
