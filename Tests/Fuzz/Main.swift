import CFuzzer
import Glibc
import TestSupport

/// One property under libFuzzer: `VESIGATE_FUZZ=claims fuzz CORPUS -max_total_time=60`.
///
/// The name comes from the environment because libFuzzer starts itself again with the same arguments.
@main enum Fuzz {
  static let properties =
    Property.all + [
      Property(name: "heads", violation: HeadProperty.violation),
      Property(name: "chunks", violation: HeadProperty.chunkedViolation),
      Property(name: "responses", violation: ResponseProperty.violation),
      Property(name: "response-chunks", violation: ResponseProperty.chunkedViolation),
    ]

  static let property: Property = {
    let name = getenv("VESIGATE_FUZZ").map { String(cString: $0) } ?? ""
    guard let property = properties.first(where: { $0.name == name }) else {
      print("VESIGATE_FUZZ must be one of \(properties.map(\.name).joined(separator: " "))")
      exit(64)
    }
    return property
  }()

  static func main() {
    _ = property
    var count = CommandLine.argc
    var arguments = UnsafeMutablePointer(CommandLine.unsafeArgv)
    let code = withUnsafeMutablePointer(to: &arguments) {
      $0.withMemoryRebound(to: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?.self, capacity: 1) {
        LLVMFuzzerRunDriver(&count, $0) { data, size in
          Fuzz.judge(Array(UnsafeBufferPointer(start: data, count: size)))
          return 0
        }
      }
    }
    exit(code)
  }

  /// A violation ends the process, as a crash does: libFuzzer then keeps the input.
  static func judge(_ input: [UInt8]) {
    guard let text = property.violation(input) else { return }
    fatalError("\(property.name): \(text)\n\(input.escaped)")
  }
}

/// libFuzzer calls it by this name for every input that it makes.
@_cdecl("LLVMFuzzerCustomMutator")
func mutate(_ data: UnsafeMutablePointer<UInt8>, _ count: Int, _ countMax: Int, _ seed: UInt32) -> Int {
  var mutation = ValueMutation(seed: seed)
  guard Fuzz.property.name == "configuration", !mutation.isChosen(oneIn: 6),
    let mutated = mutation.mutated(Array(UnsafeBufferPointer(start: data, count: count))),
    mutated.count <= countMax
  else { return LLVMFuzzerMutate(data, count, countMax) }
  data.update(from: mutated, count: mutated.count)
  return mutated.count
}
