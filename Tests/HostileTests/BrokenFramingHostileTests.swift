import TestSupport
import Testing

/// Framing, fields and marks that are broken, case by case and byte by byte.
@Suite(.ownThread) struct BrokenFramingHostileTests {
  private static let tables: [String: [RawCase]] = [
    "two framings": CodingCases.both, "codings in HTTP/1.0": CodingCases.oldVersion,
    "fields like a coding": CodingCases.others, "plain codings": CodingCases.plain,
    "disguised codings": CodingCases.disguises, "lengths": LengthCases.all, "chunks": ChunkCases.all,
    "fields": HeadCases.fieldCases, "hosts": HeadCases.hostCases, "request lines": HeadCases.lineCases,
  ]

  @Test(arguments: tables.keys.sorted())
  func `what two readers could read differently is refused, what nobody can is delivered`(table: String)
    throws
  {
    try RawRunner().run(Self.tables[table] ?? [])
  }

  private static let sweeps =
    Sweeps.codings + Sweeps.lengths + Sweeps.chunks + Sweeps.fields + Sweeps.requestLines + Sweeps.marks
  private static let sweepsEach = 3

  /// Some places each: all of them would be the last that is waited for.
  @Test(arguments: Array(stride(from: 0, to: sweeps.count, by: sweepsEach)))
  func `of all bytes at one place only those pass that the grammar has there`(first: Int) throws {
    let runner = try RawRunner()
    for sweep in Self.sweeps.dropFirst(first).prefix(Self.sweepsEach) {
      runner.run(sweep.topic, "every byte \(sweep.place)", sweep.cases)
    }
  }
}
