internal import Glibc

/// The configuration's file.
public enum ConfigurationFile {
  /// Reads the file and checks its content; the problems name it as `path` does.
  public static func load(
    _ path: String, environment: [String: String] = [:]
  ) throws(Problems) -> ParsedConfiguration {
    try Configuration.parse(bytes(path), file: path, environment: environment)
  }

  static func bytes(_ path: String) throws(Problems) -> [UInt8] {
    do {
      return try RegularFile(path).read(bytesMax: YAMLComposer.fileBytesMax)
    } catch {
      throw Problems([
        Problem(file: path, place: .wholeFile, path: "", sentence: error.sentence, kind: error.kind)
      ])
    }
  }
}
