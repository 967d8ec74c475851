<?php
// The genre of a picture: php classify.php PICTURE

$url = getenv('RAGAM_URL') ?: 'http://127.0.0.1:5000';
for ($tries = 1; $tries <= 5; $tries++) {
    $wait = 1;
    $curl = curl_init("$url/prediction?details=true");
    curl_setopt_array($curl, [
        CURLOPT_POSTFIELDS => ['image' => new CURLFile($argv[1])],
        CURLOPT_HTTPHEADER => ['X-API-Key: ' . getenv('RAGAM_API_KEY')],
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_TIMEOUT => 60,
        CURLOPT_HEADERFUNCTION => function ($curl, $line) use (&$wait) {
            if (stripos($line, 'Retry-After:') === 0) $wait = (int) substr($line, 12);
            return strlen($line);
        },
    ]);
    $answer = json_decode(curl_exec($curl) ?: exit(curl_error($curl) . "\n"), true);
    if (!in_array(curl_getinfo($curl, CURLINFO_RESPONSE_CODE), [429, 503])) break;
    sleep($wait);
}
['status' => $status, 'data' => $data] = $answer;
if ($data === null) { fwrite(STDERR, "{$status['error']}: {$status['detail']}\n"); exit(1); }
echo $data['image_types_prediction'], ' ', $data['confidence'], ' ', empty($data['certain']) ? 'not certain' : 'certain', "\n";
