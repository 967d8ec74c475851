<?php
// The genre of a picture: php classify.php PICTURE

if ($argc !== 2 || !is_file($argv[1])) { fwrite(STDERR, "Name a picture: php classify.php PICTURE\n"); exit(2); }
$url = getenv('RAGAM_URL') ?: 'http://127.0.0.1:5000';
foreach ([1, 2, 4, 8, 16, null] as $pause) {
    $asked = $pause;
    $curl = curl_init("$url/prediction?details=true");
    curl_setopt_array($curl, [
        CURLOPT_POSTFIELDS => ['image' => new CURLFile($argv[1])],
        CURLOPT_HTTPHEADER => ['X-API-Key: ' . getenv('RAGAM_API_KEY')],
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_TIMEOUT => 60,
        CURLOPT_HEADERFUNCTION => function ($curl, $line) use (&$asked) {
            if (stripos($line, 'Retry-After:') === 0) $asked = (int) substr($line, 12);
            return strlen($line);
        },
    ]);
    $body = curl_exec($curl);
    // No connection, or a lost one (7, 52, 56), and too much at the moment.
    $passes = in_array(curl_errno($curl), [7, 52, 56]) || in_array(curl_getinfo($curl, CURLINFO_RESPONSE_CODE), [429, 503]);
    if (!$passes || $pause === null) break;
    sleep($asked);
}
['status' => $status, 'data' => $data] = json_decode($body ?: '', true) ?? ['status' => null, 'data' => null];
if ($data === null) { fwrite(STDERR, ($status ? "{$status['error']}: {$status['detail']}" : "no answer of Ragam " . curl_error($curl)) . "\n"); exit(1); }
echo $data['image_types_prediction'], ' ', $data['confidence'], ' ', empty($data['certain']) ? 'not certain' : 'certain', "\n";
