/// What a browser asks for, once it may ask.
struct InspectorRequest: Sendable {
  enum Method: Sendable, Equatable {
    /// Also of HEAD.
    case get
    case post
  }

  var method = Method.get
  /// Of the path, decoded; none are the overview.
  var segments: [String] = []
  /// Fields of the query, decoded, in their order.
  var query = InspectorFields()
  /// Fields of a form that was sent, decoded, in their order.
  var form = InspectorFields()
  var caller = InspectorCaller(user: nil, mayAct: true)

  init() {}
}

/// Fields of a query or of a form.
struct InspectorFields: Sendable, Equatable {
  /// More than any page of ours has.
  static let countMax = 64

  var all: [Field] = []

  struct Field: Sendable, Equatable {
    var name: String
    var value: String
  }

  /// The first of that name that is not empty.
  subscript(_ name: String) -> String? {
    all.first { $0.name == name && !$0.value.isEmpty }?.value
  }

  init(_ all: [Field] = []) { self.all = all }
}

/// Who looks at the page.
struct InspectorCaller: Sendable {
  /// As the kernel says of the other end of a unix socket; nil over TCP.
  var user: UInt32?
  /// Whether he may change anything.
  var mayAct: Bool

  /// Whoever reaches the inspector may see bodies: its socket is for those alone.
  var queueCaller: QueueCaller { QueueCaller(user: user, maySeeBodies: true) }
}
