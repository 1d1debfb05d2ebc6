public import Formats

extension JSONCodedObject {
  /// As it goes over the control socket, with its line end.
  public var line: String { json + "\n" }
}
