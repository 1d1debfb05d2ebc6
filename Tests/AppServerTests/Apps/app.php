<?php
// The app for php-fpm, behind nginx or Apache, and for PHP's own server.

function blocks(int $count): void
{
    for ($number = 0; $number < $count; $number++) {
        echo str_repeat(sprintf("%015d\n", $number), 4096);
        flush();
    }
}

$name = basename(parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH));
if (preg_match('/^early(\d+)$/', $name, $early)) {
    http_response_code((int) $early[1]);
    header('Content-Length: 5');
    echo 'early';
    return;
}
$body = file_get_contents('php://input');
switch ($name) {
    case 'bare':
        http_response_code(204);
        return;
    case 'unchanged':
        http_response_code(304);
        header('ETag: "same"');
        return;
    case 'chunked':
    case 'closing':
        blocks(16);
        return;
    case 'trailers':
        blocks(1);
        return;
}
$line = hash_hmac('sha256', $body, 'witness') . ' ' . strlen($body);
$witness = $_SERVER['HTTP_X_WITNESS'] ?? '-';
file_put_contents(getenv('WITNESS_FILE'), "$witness $line\n", FILE_APPEND | LOCK_EX);
$text = "$line {$_SERVER['REMOTE_PORT']}";
header('Content-Length: ' . strlen($text));
echo $text;
