/// What is written as JSON and read back.
public protocol JSONCoded: Sendable {
  func write(to json: inout JSONWriter)

  /// Nil where the value is something else.
  init?(_ json: JSONValue)
}

/// An object whose members are said once, for both ways.
public protocol JSONCodedObject: JSONCoded {
  /// With what stands for members that are missing.
  init()

  static var fields: [JSONField<Self>] { get }
}

/// One member of an object: its key and its property.
public struct JSONField<Root>: Sendable {
  let write: @Sendable (Root, inout JSONWriter) -> Void
  /// False where the object is none without it.
  let read: @Sendable (JSONValue, inout Root) -> Bool

  /// A member that may be missing, or be something else, without harm: whoever wrote it may know less or more. The
  /// property stays what it was then.
  public init<Value: JSONCoded>(_ key: String, _ path: any WritableKeyPath<Root, Value> & Sendable) {
    self.init(key, path, isRequired: false)
  }

  /// A member without which the object is none.
  public static func required<Value: JSONCoded>(
    _ key: String, _ path: any WritableKeyPath<Root, Value> & Sendable
  ) -> JSONField {
    JSONField(key, path, isRequired: true)
  }

  /// A list that is left out where it is empty.
  public static func unlessEmpty<Element: JSONCoded>(
    _ key: String, _ path: any WritableKeyPath<Root, [Element]> & Sendable
  ) -> JSONField {
    let always = JSONField(key, path)
    return JSONField(
      write: { root, json in if !root[keyPath: path].isEmpty { always.write(root, &json) } },
      read: always.read)
  }

  private init<Value: JSONCoded>(
    _ key: String, _ path: any WritableKeyPath<Root, Value> & Sendable, isRequired: Bool
  ) {
    write = { root, json in json.member(key) { root[keyPath: path].write(to: &$0) } }
    read = { json, root in
      guard let value = json[key].flatMap(Value.init) else { return !isRequired }
      root[keyPath: path] = value
      return true
    }
  }

  private init(
    write: @escaping @Sendable (Root, inout JSONWriter) -> Void,
    read: @escaping @Sendable (JSONValue, inout Root) -> Bool
  ) {
    self.write = write
    self.read = read
  }
}

extension JSONCodedObject {
  public func write(to json: inout JSONWriter) {
    json.object { json in for field in Self.fields { field.write(self, &json) } }
  }

  public init?(_ json: JSONValue) {
    guard json.isObject else { return nil }
    self.init()
    for field in Self.fields { guard field.read(json, &self) else { return nil } }
  }

  /// Nil where the bytes are no such object.
  public init?(_ bytes: [UInt8]) {
    guard let json = JSONValue(reading: bytes) else { return nil }
    self.init(json)
  }
}

extension JSONCoded {
  /// One line, without its end.
  public var json: String {
    var json = JSONWriter()
    write(to: &json)
    return String(decoding: json.bytes, as: UTF8.self)
  }
}

// MARK: What objects are made of

extension String: JSONCoded {
  public func write(to json: inout JSONWriter) { json.string(self) }

  public init?(_ json: JSONValue) {
    guard let text = json.text else { return nil }
    self = text
  }
}

extension Bool: JSONCoded {
  public func write(to json: inout JSONWriter) { json.bool(self) }

  public init?(_ json: JSONValue) {
    guard let value = json.bool else { return nil }
    self = value
  }
}

extension Int64: JSONCoded {
  public func write(to json: inout JSONWriter) { json.integer(self) }

  public init?(_ json: JSONValue) {
    guard let value = json.integer else { return nil }
    self = value
  }
}

extension Int: JSONCoded {
  public func write(to json: inout JSONWriter) { json.integer(self) }

  public init?(_ json: JSONValue) {
    guard let value = json.integer else { return nil }
    self.init(exactly: value)
  }
}

/// Null where there is none, and none where there is something else.
extension Optional: JSONCoded where Wrapped: JSONCoded {
  public func write(to json: inout JSONWriter) { if let self { self.write(to: &json) } else { json.null() } }

  public init?(_ json: JSONValue) { self = Wrapped(json) }
}

/// Elements that are something else are left out.
extension Array: JSONCoded where Element: JSONCoded {
  public func write(to json: inout JSONWriter) {
    json.array { json in for element in self { json.element { element.write(to: &$0) } } }
  }

  public init?(_ json: JSONValue) {
    guard let elements = json.elements else { return nil }
    self = elements.compactMap(Element.init)
  }
}
