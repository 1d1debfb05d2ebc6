/// What went wrong in a fixture itself, or did not come in time.
public struct FixtureError: Error, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }
}
