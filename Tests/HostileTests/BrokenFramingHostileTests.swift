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

  private static let sweeps: [String: [Sweep]] = [
    "codings": Sweeps.codings, "lengths": Sweeps.lengths, "chunks": Sweeps.chunks, "fields": Sweeps.fields,
    "request lines": Sweeps.requestLines, "marks": Sweeps.marks,
  ]

  @Test(arguments: sweeps.keys.sorted())
  func `of all bytes at one place only those pass that the grammar has there`(table: String) throws {
    let runner = try RawRunner()
    for sweep in Self.sweeps[table] ?? [] {
      runner.run(sweep.topic, "every byte \(sweep.place)", sweep.cases)
    }
  }
}
