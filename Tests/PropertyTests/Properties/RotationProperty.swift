import Formats
import Foundation

@testable import Secrets

/// What holds of any journal, and of any text that a provider's API may answer with.
enum RotationProperty {
  static func violation(_ input: [UInt8]) -> String? {
    journalViolation(input) ?? JSON.read(input).flatMap { jsonViolation($0, input) }
  }

  private static func journalViolation(_ input: [UInt8]) -> String? {
    let journal = Journal(input, modified: 7)
    guard (1...1_000_000).contains(journal.attempt) else { return "attempt \(journal.attempt)" }
    let again = Journal(Array(journal.text.utf8), modified: 8)
    return again.step == journal.step && again.began == journal.began && again.mode == journal.mode
      && again.compromised == journal.compromised ? nil : "a journal that does not read back"
  }

  private static func jsonViolation(_ json: JSON, _ input: [UInt8]) -> String? {
    guard String(validating: input, as: UTF8.self) != nil else { return "JSON that is not UTF-8" }
    let witness = try? JSONSerialization.jsonObject(with: Data(input), options: [.fragmentsAllowed])
    guard let witness else { return holdsNumber(json) ? nil : "no JSON to Foundation" }
    return difference(json, witness, input)
  }

  /// Foundation refuses numbers that a double does not hold.
  private static func holdsNumber(_ json: JSON) -> Bool {
    switch json {
    case .number: true
    case .array(let elements): elements.contains(where: holdsNumber)
    case .object(let members): members.contains { holdsNumber($0.value) }
    default: false
    }
  }

  private static func difference(_ json: JSON, _ witness: Any, _ input: [UInt8]) -> String? {
    switch json {
    case .null: return witness is NSNull ? nil : "null"
    case .bool(let value): return witness as? Bool == value ? nil : "a truth value"
    case .number: return witness is NSNumber ? nil : "a number"
    case .string: return sameText(json.text(in: input), witness as? String) ? nil : "a string"
    case .array(let elements):
      guard let others = witness as? [Any], others.count == elements.count else { return "a list" }
      return zip(elements, others).lazy.compactMap { difference($0, $1, input) }.first
    case .object(let members):
      guard let others = witness as? [String: Any], others.count <= members.count else { return "an object" }
      return members.lazy.compactMap { member in
        others[member.key].flatMap { difference(member.value, $0, input) }
      }.first
    }
  }

  /// Byte for byte: a string's own comparison takes two spellings of a character for one.
  private static func sameText(_ ours: String?, _ theirs: String?) -> Bool {
    guard let ours, let theirs else { return false }
    return ours.utf8.elementsEqual(theirs.utf8)
  }
}
