/// What crosses to another thread and comes back to the loop that it is of.
//
// @unchecked Sendable: whoever gets it hands it on untouched, and only the loop looks into it.
public struct OnLoop<Value>: @unchecked Sendable {
  public let value: Value

  public init(_ value: Value) { self.value = value }
}
