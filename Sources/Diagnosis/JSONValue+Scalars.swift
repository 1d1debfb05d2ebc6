internal import Formats
internal import HTTP

extension JSONValue {
  /// Strings and numbers down to the third level, each with its path.
  var scalars: [(path: String, text: [UInt8])] {
    var found: [(String, [UInt8])] = []
    collectScalars(json, "", levels: 3, into: &found)
    return found
  }

  private func collectScalars(
    _ json: JSON, _ path: String, levels: Int, into found: inout [(String, [UInt8])]
  ) {
    switch json {
    case .string: found.append((path, json.decoded(in: bytes) ?? []))
    case .number(let range): found.append((path, Array(bytes[range])))
    case .object(let members) where levels > 0:
      for (key, value) in members.prefix(64) where key.utf8.allSatisfy({ $0.isTokenCharacter }) {
        let name = String(decoding: key.utf8.prefix(64), as: UTF8.self)
        collectScalars(value, path.isEmpty ? name : "\(path).\(name)", levels: levels - 1, into: &found)
      }
    default: break
    }
  }
}
