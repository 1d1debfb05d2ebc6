import Testing

@Test func `the project keeps its own rules`() throws {
  let files = try ProjectFiles.read()
  // Were nothing found, nothing would be wrong.
  try #require(files.contains { $0.path == "Package.swift" })
  for room in TidyRules.core.keys {
    #expect(files.contains { $0.room == room && $0.isSwift }, "no source found in \(room)")
  }
  let violations = files.flatMap(TidyRules.violations)
  #expect(violations.isEmpty, "\n\(violations.joined(separator: "\n"))")
}

private func violations(_ path: String, _ text: String) -> [String] {
  TidyRules.violations(in: TidyFile(path: path, text: text))
}

@Test(arguments: [
  ("Gateway", "internal import Glibc", "Glibc"), ("HTTP", "import Foundation", "Foundation"),
  ("vesigate", "internal import FoundationEssentials", "FoundationEssentials"),
  ("Formats", "  import class Dispatch.DispatchQueue", "Dispatch"),
  ("Signing", "@preconcurrency import Synchronization  // atomics", "Synchronization"),
  ("Operations", "@_exported import Foundation", "Foundation"), ("Diagnosis", "\timport\tGlibc", "Glibc"),
  ("Gateway", "import Glibc.stdlib; let x = 1", "Glibc"), ("Secrets", "import COpenSSL", "COpenSSL"),
  ("vesigate", "internal import CYAML", "CYAML"),
])
func `an import of the toolchain's that a room does without is found`(
  room: String, line: String, module: String
) {
  let found = violations("Sources/\(room)/Planted.swift", "// planted\n\(line)\n")
  #expect(found == ["Sources/\(room)/Planted.swift:2: \(room) must not import \(module)"])
}

@Test(arguments: [
  ("Gateway", "internal import Synchronization"), ("Listening", "internal import Glibc"),
  ("Signing", "internal import COpenSSL"), ("Configuration", "import CYAML"),
  ("Gateway", "// import Foundation would be wrong here"), ("Gateway", "let text = \"import Glibc\""),
])
func `an import that is allowed, and a line that is none, are left alone`(room: String, line: String) {
  #expect(violations("Sources/\(room)/Fine.swift", line + "\n") == [])
}

@Test func `every build of the tests checks imports against the manifest`() throws {
  let makefile = try #require(try ProjectFiles.read().first { $0.path == "Makefile" })
  #expect(
    makefile.text.contains("swift build --build-tests --explicit-target-dependency-import-check error\n"))
}

@Test(arguments: [
  "final class A: @unchecked Sendable {}", "nonisolated(unsafe) var count = 0",
  "@preconcurrency import Signing",
])
func `a promise to the compiler needs a comment within five lines`(line: String) {
  let path = "Sources/Gateway/Planted.swift"
  let gap = { (count: Int) in String(repeating: "\n", count: count) }
  #expect(violations(path, line + "\n").count == 1)
  #expect(violations(path, "// Because." + gap(6) + line + "\n").count == 1)
  #expect(violations(path, "// Because." + gap(5) + line + "\n") == [])
  #expect(violations(path, line + "  // Because.\n") == [])
  #expect(violations(path, "// It is not \(line)\n") == [])
}

@Test func `a file or a line that is too long is found`() {
  let path = "Sources/Gateway/Planted.swift"
  #expect(violations(path, String(repeating: "\n", count: 400)) == [])
  #expect(violations(path, String(repeating: "\n", count: 401)) == ["\(path):401: 401 lines, more than 400"])
  let long = String(repeating: "x", count: 120)
  #expect(violations(path, long + "\n") == [])
  #expect(violations(path, long + "x\n") == ["\(path):1: 121 characters, more than 120"])
  #expect(violations("README.md", long + "x\n") == [])
  let table = String(repeating: "x", count: 140)
  #expect(violations("Tests/GatewayTests/Planted.swift", table + "\n") == [])
  #expect(violations("Tests/GatewayTests/Planted.swift", table + "x\n").count == 1)
}

@Test(arguments: ["TO" + "DO", "FIX" + "ME"])
func `work that is left for later is found`(word: String) {
  #expect(violations("Sources/Gateway/Planted.swift", "let x = 1  // \(word): finish\n").count == 1)
  #expect(violations("Sources/C/Curl/CCurl.c", "/* \(word) */\n").count == 1)
}

@Test func `a closure in a lock is found, one in a struct in a lock is not`() {
  #expect(violations("Sources/Operations/A.swift", "let told: Mutex<(@Sendable () -> Void)?>\n").count == 1)
  #expect(violations("Sources/Operations/A.swift", "let told: Mutex<Subscriber?>\n") == [])
}

@Test func `seconds of a wall clock or a file that are multiplied are found, those of other clocks are not`()
{
  let clock = "clock_" + "gettime"
  let read = "let ms = Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000\n"
  #expect(violations("Sources/Telemetry/A.swift", "\(clock)(CLOCK_REALTIME, &time)\n" + read).count == 1)
  #expect(violations("Sources/Rotation/A.swift", "let ms = Int64(status.st_mtim.tv_sec) * 1000\n").count == 1)
  #expect(violations("Sources/Telemetry/A.swift", "\(clock)(CLOCK_MONOTONIC, &time)\n" + read) == [])
  #expect(
    violations("Sources/Configuration/A.swift", "\(clock)(CLOCK_REALTIME, &t)\nlet n = t.tv_sec &* 1000\n")
      == [])
}

@Test func `a command that prints past the program's own function is found`() {
  #expect(violations("Sources/vesigate/A.swift", "Swift.print(text)\n").count == 1)
  #expect(violations("Sources/vesigate/A.swift", "print(text)\n") == [])
  #expect(violations("Sources/vesigate/Terminal/Printing.swift", "Swift.print(text)\n") == [])
}

@Test func `a path of one machine is found in any file, a path of the project is not`() {
  let machine = "/wo" + "rk/"
  #expect(violations("docs/a.md", "see \(machine)x\n").count == 1)
  #expect(violations(".ci/run", "\(machine)x\n").count == 1)
  #expect(violations("Makefile", "cd /tmp/" + "wt-one\n").count == 1)
  #expect(violations("docs/a.md", "see docs\(machine)x\n") == [])
}

@Test(arguments: TidyRules.measures)
func `a test that measures memory or time among others is found`(word: String) {
  let line = "#expect(gateway\(word) < 7)  // Whatever the load.\n"
  #expect(violations("Tests/ReloadTests/FloodTests.swift", line).count == 1)
  #expect(violations("Tests/ReloadTests/FloodAlone.swift", line) == [])
  #expect(violations("Tests/ReloadTests/FloodSlow.swift", line) == [])
  #expect(violations("Tests/TestSupport/Flood.swift", line) == [])
}

@Test(arguments: TidyRules.comparables)
func `what may be compared or is a bound from below needs a comment that says what load does to it`(
  word: String
) {
  let (path, line) = ("Tests/ReloadTests/FloodTests.swift", "let it = (\(word), 1)\n")
  let gap = { (count: Int) in String(repeating: "\n", count: count) }
  #expect(violations(path, line).count == 1)
  #expect(violations(path, "// It takes a while." + gap(1) + line).count == 1)
  #expect(violations(path, "let load = 1" + gap(1) + line).count == 1)
  #expect(violations(path, "// Load makes both longer." + gap(6) + line).count == 1)
  #expect(violations(path, "// Load makes both longer." + gap(5) + line) == [])
  #expect(violations("Tests/ReloadTests/FloodAlone.swift", line) == [])
}

@Test func `a file without its last line feed is found`() {
  #expect(violations("README.md", "# one\n# two") == ["README.md:2: no line feed at the end of the file"])
  #expect(violations("README.md", "# one\n") == [])
  #expect(violations("Tests/x/empty", "") == [])
}
