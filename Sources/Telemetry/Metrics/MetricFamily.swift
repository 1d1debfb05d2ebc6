/// One metric: its name, what it says and how it is labelled. docs/operations.md shows this table.
public struct MetricFamily: Sendable {
  public enum Kind: String, Sendable {
    case counter, gauge, histogram
  }

  public let name: String
  public let kind: Kind
  public let labels: [String]
  /// One sentence, as it stands behind HELP.
  public let help: String

  private init(_ name: String, _ kind: Kind, _ labels: [String] = [], _ help: String) {
    self.name = name
    self.kind = kind
    self.labels = labels
    self.help = help
  }

  // MARK: Deliveries

  static let deliveries = MetricFamily(
    "vesigate_deliveries_total", .counter, ["route", "outcome"], "Finished deliveries.")
  static let reasons = MetricFamily(
    "vesigate_delivery_reasons_total", .counter, ["route", "outcome", "reason"],
    "Finished deliveries that were not forwarded as verified, by the reason that the log gives.")
  static let bodyBytes = MetricFamily(
    "vesigate_delivery_body_bytes_total", .counter, ["route"], "Body bytes of finished deliveries.")
  static let total = MetricFamily(
    "vesigate_delivery_duration_seconds", .histogram, ["route"],
    "From the arrival of a delivery's head to its end.")
  static let verify = MetricFamily(
    "vesigate_verify_duration_seconds", .histogram, ["route"],
    "From the end of a delivery's body to the verdict, looks and holding included.")
  static let upstream = MetricFamily(
    "vesigate_upstream_duration_seconds", .histogram, ["route"],
    "From the first attempt at an upstream to the delivery's end.")
  static let age = MetricFamily(
    "vesigate_timestamp_age_seconds", .histogram, ["route"],
    "From signing to arrival where the signature is right, below zero where it was signed in our future.")
  static let lastVerified = MetricFamily(
    "vesigate_last_verified_timestamp_seconds", .gauge, ["route"],
    "When the last delivery that verified arrived, 0 before the first.")
  static let attempts = MetricFamily(
    "vesigate_upstream_attempts_total", .counter, ["upstream", "result"],
    "Attempts at an upstream, by the class of its answer's status or by why there was none.")
  static let failing = MetricFamily(
    "vesigate_upstream_failing", .gauge, ["upstream"],
    "1 where the last attempt at the upstream brought no answer.")

  // MARK: What is taken at once

  static let inFlight = MetricFamily(
    "vesigate_in_flight_deliveries", .gauge, "Deliveries between the match of their route and their end.")
  static let inFlightBytes = MetricFamily(
    "vesigate_in_flight_bytes", .gauge, "Body bytes held in memory.")
  static let held = MetricFamily(
    "vesigate_held_deliveries", .gauge, ["secret_file"],
    "Deliveries that wait for the secret that a rotation under way will bring.")
  static let holds = MetricFamily(
    "vesigate_holds_total", .counter, ["secret_file"], "Deliveries that were held in a rotation.")
  static let holdsVerified = MetricFamily(
    "vesigate_holds_verified_total", .counter, ["secret_file"],
    "Held deliveries that the new secret verified.")
  static let holdsOverflowed = MetricFamily(
    "vesigate_holds_overflowed_total", .counter, ["secret_file"],
    "Deliveries answered 503 because holding has its bounds.")
  static let revoked = MetricFamily(
    "vesigate_revoked_total", .counter, ["secret_file"],
    "Deliveries refused because only a compromised secret verified them.")
  static let openConnections = MetricFamily(
    "vesigate_open_connections", .gauge, "Open connections of senders.")
  static let connections = MetricFamily(
    "vesigate_connections_accepted_total", .counter,
    "Accepted connections of senders, those beyond the limit included.")
  static let connectionsEnded = MetricFamily(
    "vesigate_connections_ended_total", .counter, ["reason"],
    "Connections of senders that the gateway ended because this bound was reached.")
  static let acceptFailures = MetricFamily(
    "vesigate_accept_failures_total", .counter,
    "Connections that the kernel could not hand over, as when descriptors are used up.")

  // MARK: Durable delivery

  static let accepted = MetricFamily(
    "vesigate_accepted_total", .counter, ["route", "result"],
    "Verified deliveries of durable routes: stored, known already, or refused by the store.")
  static let commit = MetricFamily(
    "vesigate_commit_duration_seconds", .histogram, ["route"],
    "From the verdict on a delivery to the store's word that it is durable, or refused.")
  static let commitBatch = MetricFamily(
    "vesigate_commit_batch_deliveries", .histogram, "Deliveries that one commit has made durable together.")
  static let queuedAttempts = MetricFamily(
    "vesigate_delivery_attempts_total", .counter, ["route", "upstream", "result"],
    "Attempts to deliver what is stored, by what came of them and the upstream that they ended with.")
  static let deliveryLatency = MetricFamily(
    "vesigate_delivery_latency_seconds", .histogram, ["route"],
    "From the acceptance of a stored delivery to the app's 2xx.")
  static let dead = MetricFamily(
    "vesigate_jobs_dead_total", .counter, ["route", "reason"], "Stored deliveries that were given up.")
  static let queueJobs = MetricFamily(
    "vesigate_queue_jobs", .gauge, ["route", "state"], "Stored deliveries that are not delivered, by state.")
  static let oldestDue = MetricFamily(
    "vesigate_queue_oldest_due_timestamp_seconds", .gauge, ["route"],
    "When the first stored delivery that waits was due, or will be.")
  static let paused = MetricFamily(
    "vesigate_upstream_paused", .gauge, ["route", "upstream"],
    "1 where stored deliveries wait because the app fails or has asked for time.")
  static let queueBytes = MetricFamily(
    "vesigate_queue_bytes", .gauge, "Heads and bodies of stored deliveries that are not delivered.")
  static let queueBytesMax = MetricFamily(
    "vesigate_queue_bytes_max", .gauge, "How many there may be.")
  static let lateResults = MetricFamily(
    "vesigate_late_results_total", .counter, "Outcomes of attempts that no longer counted when they came.")
  static let dedupeKeys = MetricFamily(
    "vesigate_dedupe_keys", .gauge, "Deliveries whose repetitions are known.")
  static let quarantined = MetricFamily(
    "vesigate_quarantined", .gauge, ["route"],
    "Deliveries that no secret has verified, kept to be judged again.")
  static let quarantineResults = MetricFamily(
    "vesigate_quarantine_total", .counter, ["route", "result"],
    "What became of deliveries that no secret had verified: kept, and then released, evicted, expired or known already."
  )
  static let storeUsable = MetricFamily(
    "vesigate_store_usable", .gauge, "0 where durable routes answer 503 because the store has failed.")
  static let storeErrors = MetricFamily(
    "vesigate_store_errors_total", .counter, ["kind"], "Failures of the store.")
  static let storeLog = MetricFamily(
    "vesigate_store_wal_bytes", .gauge, "Length of the store's write-ahead log.")
  static let checkpoint = MetricFamily(
    "vesigate_checkpoint_duration_seconds", .histogram,
    "How long it took to move the store's log into its file; commits wait for it.")

  static let replayJobs = MetricFamily(
    "vesigate_replay_jobs", .gauge, ["state"], "Replays of stored deliveries, by state.")

  // MARK: Secrets, clocks and settings

  static let secretGeneration = MetricFamily(
    "vesigate_secret_generation", .gauge, ["route"],
    "Counts up with each change of the route's secrets since the start.")
  static let secretModified = MetricFamily(
    "vesigate_secret_modified_timestamp_seconds", .gauge, ["route"],
    "When the route's secret file was written; the secrets' age is time() less this.")
  static let secrets = MetricFamily(
    "vesigate_secrets_accepted", .gauge, ["route"],
    "Secrets that the route accepts, replaced ones of a rotation included.")
  static let secretUsable = MetricFamily(
    "vesigate_secret_file_usable", .gauge, ["secret_file"],
    "0 where the file has changed and is refused, or cannot be read; the secrets before stay in force.")
  static let rotating = MetricFamily(
    "vesigate_rotation_in_progress", .gauge, ["secret_file"], "1 while a rotation is announced.")
  static let unfinished = MetricFamily(
    "vesigate_rotation_unfinished", .gauge, ["secret_file"],
    "1 where a rotation has been announced for longer than deliveries can be held.")
  static let observe = MetricFamily(
    "vesigate_route_observe", .gauge, ["route"], "1 where the route forwards what fails verification too.")
  static let skew = MetricFamily(
    "vesigate_clock_skew_seconds", .gauge, ["route"],
    "Median age of the last verified deliveries: below zero the sender's clock is ahead of ours.")
  static let tolerance = MetricFamily(
    "vesigate_tolerance_seconds", .gauge, ["route"],
    "How far a signed timestamp may be off, where the route has a limit.")
  static let clock = MetricFamily(
    "vesigate_clock_synchronised", .gauge, "Whether the kernel says that this host's clock is synchronised.")
  static let reloads = MetricFamily(
    "vesigate_config_reloads_total", .counter, ["result"], "Reloads, taken or refused.")
  static let reloadSuccessful = MetricFamily(
    "vesigate_config_last_reload_successful", .gauge,
    "Whether the last reload, or the start, was taken.")
  static let reloadTime = MetricFamily(
    "vesigate_config_last_reload_success_timestamp_seconds", .gauge,
    "When settings were taken last, by a reload or the start.")
  static let generation = MetricFamily(
    "vesigate_config_generation", .gauge, "Counts up with each change of settings or secrets.")

  // MARK: The program

  static let ready = MetricFamily("vesigate_ready", .gauge, "What /readyz says.")
  static let build = MetricFamily("vesigate_build_info", .gauge, ["version", "libraries"], "Always 1.")
  static let linesDropped = MetricFamily(
    "vesigate_log_lines_dropped_total", .counter,
    "Log lines that were lost because whoever reads the log is too slow.")
  static let linesLeftOut = MetricFamily(
    "vesigate_log_lines_left_out_total", .counter,
    "Refusals without a log line of their own, because too many of their kind came in a minute.")
  static let cpu = MetricFamily(
    "process_cpu_seconds_total", .counter, "User and system time of all threads.")
  static let resident = MetricFamily("process_resident_memory_bytes", .gauge, "Resident memory.")
  static let virtual = MetricFamily("process_virtual_memory_bytes", .gauge, "Virtual memory.")
  static let descriptors = MetricFamily("process_open_fds", .gauge, "Open file descriptors.")
  static let descriptorsMax = MetricFamily("process_max_fds", .gauge, "How many may be open.")
  static let start = MetricFamily("process_start_time_seconds", .gauge, "When the process began.")

  /// In the order in which they are written.
  public static let all = [
    deliveries, reasons, bodyBytes, total, verify, upstream, age, lastVerified, attempts, failing, inFlight,
    inFlightBytes, held, holds, holdsVerified, holdsOverflowed, revoked, openConnections, connections,
    connectionsEnded, acceptFailures, accepted, commit, commitBatch, queuedAttempts, deliveryLatency, dead,
    queueJobs, oldestDue, paused, queueBytes, queueBytesMax, lateResults, dedupeKeys, quarantined,
    quarantineResults, storeUsable, storeErrors, storeLog, checkpoint, replayJobs,
    secretGeneration, secretModified, secrets, secretUsable, rotating,
    unfinished, observe, skew, tolerance, clock, reloads, reloadSuccessful, reloadTime, generation, ready,
    build, linesDropped, linesLeftOut, cpu, resident, virtual, descriptors, descriptorsMax, start,
  ]

  private init(_ name: String, _ kind: Kind, _ help: String) { self.init(name, kind, [], help) }
}
