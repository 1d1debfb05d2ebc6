import CTLSWitness
import Foundation
import TestSupport

@testable import Configuration

/// What holds of any file with certificates and a key that an upstream names: what passes the check is what
/// OpenSSL takes, by the calls that libcurl makes of it when it connects.
enum TLSFilesProperty {
  static func violation(_ input: [UInt8]) -> String? {
    let path = "\(folder.path)/\(UInt64.random(in: 0 ... .max))"
    guard FileManager.default.createFile(atPath: path, contents: Data(input)) else { return "no room" }
    defer { unlink(path) }
    let named = TLSFiles.Named(path: path, source: SourcePlace(place: .wholeFile, path: ""))
    let authorities = problems(TLSFiles(authorities: named))
    let pair = problems(TLSFiles(certificate: named, key: named))
    if !(authorities + pair).allSatisfy(isPlain) { return "a control character in a sentence" }
    if authorities.isEmpty, !vg_witness_takes_authorities(path) { return "authorities that OpenSSL refuses" }
    let isTaken = vg_witness_takes_pair(path)
    if pair.isEmpty, !isTaken { return "a pair that OpenSSL refuses" }
    // No text has a NUL, whatever OpenSSL makes of the rest.
    return isTaken && !pair.isEmpty && !input.contains(0) ? "a pair that OpenSSL takes: \(pair)" : nil
  }

  private static let folder = try! TemporaryDirectory()

  private static func problems(_ files: TLSFiles) -> [String] {
    let report = Report(file: "vesigate.yaml")
    files.judge(report)
    return report.problems.map(\.description)
  }

  private static func isPlain(_ sentence: String) -> Bool {
    sentence.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }
  }
}
