<?php
// Takes the deliveries that vesigate has verified: keeps each once, answers, and does the work later.
//
//   php -S 127.0.0.1:8000 webhook.php    to try it; to serve, php-fpm behind nginx: nginx-php-fpm.conf
//   php webhook.php                      one process of these beside it, which does the work
define('FOLDER', getenv('STATE_DIRECTORY') ?: '.');

function database(): PDO
{
    $db = new PDO('sqlite:' . FOLDER . '/deliveries.db');
    $db->exec("CREATE TABLE IF NOT EXISTS deliveries
        (id TEXT PRIMARY KEY, body BLOB, state TEXT DEFAULT 'new', taken TEXT DEFAULT CURRENT_TIMESTAMP)");
    return $db;
}

function take(): int
{
    if ($_SERVER['REQUEST_METHOD'] !== 'POST' || $_SERVER['REQUEST_URI'] !== '/vesicash') {
        return 404;
    }
    if (($_SERVER['HTTP_X_VERIFIED'] ?? '') !== 'true') {
        return 403; // vesigate did not send this
    }
    $body = file_get_contents('php://input');
    // Durable routes name each delivery. Elsewhere the same body is the same delivery.
    $id = $_SERVER['HTTP_X_DELIVERY_ID'] ?? hash('sha256', $body);
    $insert = database()->prepare('INSERT INTO deliveries (id, body) VALUES (?, ?) ON CONFLICT DO NOTHING');
    $insert->execute([$id, $body]);
    return 200; // it is on disk, once, however often it comes
}

function work(): never
{
    $db = database();
    while (true) {
        $row = $db->query("SELECT id, body FROM deliveries WHERE state = 'new' ORDER BY rowid LIMIT 1")->fetch();
        if (!$row) {
            usleep(200_000);
            continue;
        }
        $state = 'done';
        try {
            handle(json_decode($row['body'], true, flags: JSON_THROW_ON_ERROR));
        } catch (Throwable $error) {
            $state = "failed: {$error->getMessage()}";
        }
        $db->prepare('UPDATE deliveries SET state = ? WHERE id = ?')->execute([$state, $row['id']]);
    }
}

/** What your business does about it. Here: a line in a file. */
function handle(array $event): void
{
    ['reference' => $reference, 'amount' => $amount, 'currency' => $currency] = $event['data'];
    file_put_contents(FOLDER . '/payments.txt', "$reference $amount $currency\n", FILE_APPEND);
}

if (PHP_SAPI === 'cli') {
    work();
}
http_response_code(500); // stays so where something fails below: the delivery comes again
http_response_code(take());
