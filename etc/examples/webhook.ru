# Takes the deliveries that vesigate has verified: keeps each once, answers, and does the work later.
#
#   puma --bind tcp://127.0.0.1:8000 webhook.ru
require 'digest'
require 'json'
require 'sqlite3'

FOLDER = ENV.fetch('STATE_DIRECTORY', '.')
NEW = Queue.new # says that there is something to do

def database
  db = SQLite3::Database.new("#{FOLDER}/deliveries.db")
  db.busy_timeout = 5000
  db.execute("CREATE TABLE IF NOT EXISTS deliveries
    (id TEXT PRIMARY KEY, body BLOB, state TEXT DEFAULT 'new', taken TEXT DEFAULT CURRENT_TIMESTAMP)")
  db
end

def take(env)
  return 404 unless env['REQUEST_METHOD'] == 'POST' && env['PATH_INFO'] == '/vesicash'
  return 403 unless env['HTTP_X_VERIFIED'] == 'true' # vesigate did not send this

  body = env['rack.input'].read
  # Durable routes name each delivery. Elsewhere the same body is the same delivery.
  id = env['HTTP_X_DELIVERY_ID'] || Digest::SHA256.hexdigest(body)
  db = database
  db.execute('INSERT INTO deliveries (id, body) VALUES (?, ?) ON CONFLICT DO NOTHING', [id, body])
  db.close
  NEW << id
  200 # it is on disk, once, however often it comes
end

def work
  db = database
  loop do
    db.execute("SELECT id, body FROM deliveries WHERE state = 'new' ORDER BY rowid").each do |id, body|
      handle(JSON.parse(body))
      finish(db, id, 'done')
    rescue StandardError => e
      finish(db, id, "failed: #{e.message}")
    end
    NEW.pop
  end
end

def finish(db, id, state)
  db.execute('UPDATE deliveries SET state = ? WHERE id = ?', [state, id])
end

# What your business does about it. Here: a line in a file.
def handle(event)
  line = event['data'].values_at('reference', 'amount', 'currency').join(' ')
  File.write("#{FOLDER}/payments.txt", "#{line}\n", mode: 'a')
end

# One process does all of it: with puma's --workers the work would be done by each.
Thread.new { work }
run ->(env) { [take(env), {}, []] }
