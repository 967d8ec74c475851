#!/bin/sh
# The genre of each picture: sh classify.sh PICTURE...
url=${RAGAM_URL:-http://127.0.0.1:5000}
failed=0
for picture; do
    # --retry repeats what passes by itself (408, 429, 500, 502, 503, 504), after Retry-After. --form also sends the file's name.
    answer=$(curl --silent --show-error --retry 5 --max-time 60 --header "X-API-Key: ${RAGAM_API_KEY:-}" \
        --form "image=@$picture" "$url/prediction?details=true") || exit
    printf '%s: %s\n' "$picture" "$answer"
    case $answer in
    '{"status": {"code": 200,'*) ;;
    *) failed=1 ;;
    esac
done
exit $failed
