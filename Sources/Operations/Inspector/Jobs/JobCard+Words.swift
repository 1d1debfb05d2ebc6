internal import Formats

/// What a change of many is called, and what is said of it.
extension JobCard {
  static func leftovers(_ left: InspectorJob.Leftovers) -> [(String, Int)] {
    let all = [
      ("Had come again by then", left.duplicates), ("Not verified", left.unverified),
      ("By a compromised secret alone", left.revoked), ("Left for later", left.waiting),
      ("Not what was kept, thrown away", left.broken),
    ]
    return all.filter { $0.1 > 0 }
  }

  static func word(_ verb: String) -> String {
    switch verb {
    case "retry": "try now"
    case "cancel": "call off"
    case "resume": "take up again"
    case "purge": "delete"
    case "release": "judge again"
    case "drop": "throw away"
    default: verb
    }
  }

  static func done(_ verb: String) -> String {
    switch verb {
    case "retry": "Due now"
    case "cancel": "Called off"
    case "resume": "Taken up again"
    case "purge": "Deleted"
    case "release": "Queued"
    case "drop": "Thrown away"
    default: "Changed"
    }
  }

  static func words(_ work: InspectorJob.Work) -> String {
    let fields: [(String, String?)]
    let times: [(String, Int64?)]
    switch work {
    case .queue(let request):
      fields = [
        ("id", request.id), ("state", request.state), ("route", request.route),
        ("upstream", request.upstream),
        ("status", request.status.map { "\($0)" }), ("reason", request.reason), ("secret", request.secret),
        ("text", request.text),
      ]
      times = [("since", request.since), ("until", request.until)]
    case .quarantine(let request):
      fields = [("id", request.id), ("route", request.route), ("reason", request.reason)]
      times = [("since", request.since), ("until", request.until)]
    }
    let all = fields + times.map { ($0, $1.map { RFC3339.text(unixMilliseconds: $0) }) }
    let words = all.compactMap { name, value in value.map { "\(name) \($0)" } }
    return words.isEmpty ? "all" : words.joined(separator: ", ")
  }
}
