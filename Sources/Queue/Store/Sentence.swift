/// Every statement that the writer makes more than once.
enum Sentence: Int, CaseIterable {
  case begin, commit, rollback
  case addLane, findLane, allLanes
  case readMeta, writeMeta
  case addDelivery, addBody, addJob, addAttempt, forgetAttempts
  case findKey, addKey, moveKey, countKeys, forgetOldestKeys, forgetKeys, forgetKey
  case jobsOfDelivery, hasBody, hold, letGo
  case dueJobs, startJob, readDelivery, nextDue
  case recordJob, findJob, moveJob, reviveJob, hurryJob
  case queuedOfLane, orphanedOfLane, lateDue, sendingJobs
  case spentBodies, spentDeliveries, deadJobs, removeBody, markSpent, removeDelivery, removeDead
  case countHeld, countJobs, freePages
  case lastJob, addReplay, writeReplay, removeReplay, allReplays, nextJob, endedJobs
  case addQuarantined, findQuarantined, markQuarantined
  case removeQuarantined, removeOldestQuarantined, expireQuarantined, countQuarantined

  var sql: String {
    switch self {
    case .begin: "BEGIN IMMEDIATE"
    case .commit: "COMMIT"
    case .rollback: "ROLLBACK"
    case .addLane: "INSERT OR IGNORE INTO lane(route, upstream) VALUES(?,?)"
    case .findLane: "SELECT id FROM lane WHERE route=? AND upstream=?"
    case .allLanes: "SELECT id, route, upstream FROM lane"
    case .readMeta: "SELECT value FROM meta WHERE name=?"
    case .writeMeta:
      "INSERT INTO meta(name, value) VALUES(?,?) ON CONFLICT(name) DO UPDATE SET value=excluded.value"
    default: acceptingSQL ?? sendingSQL ?? replaySQL ?? quarantineSQL ?? keepingSQL
    }
  }

  private var acceptingSQL: String? {
    switch self {
    case .addDelivery:
      """
      INSERT INTO delivery(public_id, route, accepted, signed, request_id, remote, method, target, secret, stored_bytes,
        body_bytes, body_digest, seal, dedupe_key, held, body_kept) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,1)
      """
    case .addBody: "INSERT INTO body(id, head, bytes) VALUES(?,?,?)"
    case .addJob:
      """
      INSERT INTO job(delivery, lane, state, attempt, budget_from, budget_attempt, late_attempts, due)
        VALUES(?,?,?,?,?,0,0,?)
      """
    case .findKey: "SELECT delivery, public_id, body_digest FROM dedupe WHERE key=?"
    case .addKey: "INSERT INTO dedupe(key, delivery, public_id, body_digest, until) VALUES(?,?,?,?,?)"
    case .moveKey: "UPDATE dedupe SET delivery=?, public_id=?, body_digest=?, until=? WHERE key=?"
    case .jobsOfDelivery: "SELECT id, lane, state, attempt, reason FROM job WHERE delivery=?"
    case .hasBody: "SELECT 1 FROM body WHERE id=?"
    default: nil
    }
  }

  private var sendingSQL: String? {
    switch self {
    case .dueJobs:
      """
      SELECT id, delivery, attempt, budget_from, budget_attempt, late_attempts FROM job
        WHERE state=0 AND lane=? AND due<=? ORDER BY due, id LIMIT ?
      """
    case .startJob: "UPDATE job SET state=1, attempt=attempt+1, due=NULL WHERE id=? AND state=0"
    case .readDelivery:
      "SELECT \(Self.deliveryColumns) FROM delivery LEFT JOIN body USING(id) WHERE delivery.id=?"
    case .nextDue: "SELECT due FROM job WHERE state=0 AND lane=? ORDER BY due LIMIT 1"
    // Only the attempt that is under way says what came of it.
    case .recordJob:
      """
      UPDATE job SET state=?, due=?, ended=?, status=?, reason=?, late_attempts=late_attempts+?
        WHERE id=? AND state=1 AND attempt=? RETURNING delivery, replay
      """
    case .addAttempt:
      "INSERT OR REPLACE INTO attempt(job, n, at, ms, status, reason, answer, upstream) VALUES(?,?,?,?,?,?,?,?)"
    case .forgetAttempts: "DELETE FROM attempt WHERE job=? AND n<=?"
    case .findJob:
      """
      SELECT j.lane, j.state, j.delivery, d.body_kept FROM job j JOIN delivery d ON d.id=j.delivery WHERE j.id=?
      """
    case .moveJob: "UPDATE job SET state=?, due=?, ended=?, reason=? WHERE id=? AND state=?"
    // A new budget; the attempts are counted on, so that no number comes twice.
    case .reviveJob:
      """
      UPDATE job SET state=0, due=?, ended=NULL, reason=NULL, budget_from=?, budget_attempt=attempt, late_attempts=0,
        replay=? WHERE id=? AND state=?
      """
    case .hurryJob: "UPDATE job SET due=? WHERE id=? AND state=0"
    case .hold: "UPDATE delivery SET held=held+1, final=NULL WHERE id=? RETURNING held, stored_bytes"
    case .letGo:
      """
      UPDATE delivery SET held=held-1, final=CASE WHEN held=1 THEN ? END WHERE id=? RETURNING held, stored_bytes
      """
    case .queuedOfLane: "SELECT id FROM job WHERE state=0 AND lane=? LIMIT ?"
    case .orphanedOfLane: "SELECT id FROM job WHERE state=5 AND lane=? LIMIT ?"
    case .lateDue: "UPDATE job SET due=? WHERE state=0 AND lane=? AND due>?"
    case .sendingJobs: "SELECT id, lane FROM job WHERE state=1"
    default: nil
    }
  }

  private var quarantineSQL: String? {
    let removed = "RETURNING route, generation, length(head)+length(body)"
    switch self {
    case .addQuarantined:
      return """
        INSERT OR IGNORE INTO quarantine(route, arrived, reason, head, body, key, generation) VALUES(?,?,?,?,?,?,?)
        """
    case .findQuarantined:
      return "SELECT route, generation, length(head)+length(body) FROM quarantine WHERE id=? AND key=?"
    case .markQuarantined: return "UPDATE quarantine SET generation=? WHERE id=? AND key=?"
    case .removeQuarantined: return "DELETE FROM quarantine WHERE id=? AND key=? \(removed)"
    case .removeOldestQuarantined:
      return """
        DELETE FROM quarantine WHERE id=(SELECT id FROM quarantine WHERE route=? ORDER BY id LIMIT 1) \(removed)
        """
    case .expireQuarantined:
      return """
        DELETE FROM quarantine WHERE id IN
          (SELECT id FROM quarantine WHERE route=? AND arrived<? ORDER BY arrived LIMIT ?) \(removed)
        """
    case .countQuarantined:
      return """
        SELECT route, generation, count(*), total(length(head)+length(body)) FROM quarantine GROUP BY route, generation
        """
    default: return nil
    }
  }

  private var keepingSQL: String {
    switch self {
    case .countKeys: "SELECT count(*) FROM dedupe"
    case .forgetOldestKeys: "DELETE FROM dedupe WHERE key IN (SELECT key FROM dedupe ORDER BY until LIMIT ?)"
    case .forgetKeys:
      "DELETE FROM dedupe WHERE key IN (SELECT key FROM dedupe WHERE until<? ORDER BY until LIMIT ?)"
    case .spentBodies:
      "SELECT id FROM delivery WHERE body_kept=1 AND final IS NOT NULL AND final<? ORDER BY final LIMIT ?"
    case .spentDeliveries:
      "SELECT id FROM delivery WHERE body_kept=0 AND final IS NOT NULL AND final<? ORDER BY final LIMIT ?"
    case .deadJobs: "SELECT delivery FROM job WHERE state=3 AND ended<? ORDER BY ended LIMIT ?"
    case .removeBody: "DELETE FROM body WHERE id=?"
    case .markSpent: "UPDATE delivery SET body_kept=0 WHERE id=?"
    // Whatever led here: what is not delivered or cancelled is not deleted.
    case .removeDelivery: "DELETE FROM delivery WHERE id=? AND held=0 RETURNING dedupe_key"
    case .removeDead:
      """
      DELETE FROM delivery WHERE id=?1 AND NOT EXISTS
        (SELECT 1 FROM job WHERE delivery=?1 AND (state IN (0,1,5) OR state=3 AND ended>=?2))
        RETURNING stored_bytes, dedupe_key
      """
    case .forgetKey: "DELETE FROM dedupe WHERE key=? AND delivery=?"
    case .countHeld: "SELECT count(*), total(stored_bytes) FROM delivery WHERE held>0"
    case .countJobs: "SELECT lane, state, count(*) FROM job WHERE state NOT IN (2,4) GROUP BY lane, state"
    case .freePages: "PRAGMA freelist_count"
    default: fatalError("a sentence without words")
    }
  }
}
