import TestSupport
import Testing

/// Rows H01 to H08, and of H19 and H20 what is a matter of syntax.
@Suite(.ownThread) struct BrokenFramingHostileTests {
  @Test(arguments: [CodingCases.both, CodingCases.oldVersion, CodingCases.others, CodingCases.plain])
  func `two framings at once are refused, one is heeded`(cases: [RawCase]) throws {
    try RawRunner().run(cases)
  }

  @Test func `no disguise of a coding is taken for one, or for none`() throws {
    try RawRunner().run(CodingCases.disguises)
  }

  @Test func `a length is a number once`() throws { try RawRunner().run(LengthCases.all) }

  @Test func `a chunk ends at one place for everybody`() throws { try RawRunner().run(ChunkCases.all) }

  @Test(arguments: [HeadCases.fieldCases, HeadCases.hostCases, HeadCases.lineCases])
  func `a head has one meaning or none`(cases: [RawCase]) throws { try RawRunner().run(cases) }

  @Test(arguments: [
    Sweeps.codings, Sweeps.lengths, Sweeps.chunks, Sweeps.fields, Sweeps.requestLines, Sweeps.marks,
  ])
  func `of all bytes at one place only those pass that the grammar has there`(
    sweeps: [(String, [RawCase])]
  ) throws {
    let runner = try RawRunner()
    for (place, cases) in sweeps { runner.run(cases[0].id, "every byte \(place)", cases) }
  }
}
