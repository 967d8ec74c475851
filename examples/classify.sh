#!/bin/sh
# The genre of each picture, as the service's JSON: sh classify.sh PICTURE...
[ $# -gt 0 ] || { echo "Name a picture: sh classify.sh PICTURE..." >&2; exit 2; }
url=${RAGAM_URL:-http://127.0.0.1:5000}
failed=0
got=$(mktemp -d) && trap 'rm -rf "$got"' EXIT
for picture; do
    [ -f "$picture" ] || { echo "Name a picture: sh classify.sh PICTURE..., and not $picture" >&2; exit 2; }
done
for picture; do
    for pause in 1 2 4 8 16 ''; do
        # Not --retry, which repeats more than helps here. --form also sends the file's name.
        status=$(curl --silent --show-error --max-time 60 --header "X-API-Key: ${RAGAM_API_KEY:-}" --form "image=@$picture" \
            --dump-header "$got/head" --output "$got/body" --write-out '%{http_code}' "$url/prediction?details=true")
        case "$? $status" in
        "0 429" | "0 503" | "7 "* | "52 "* | "56 "*) ;; # too much at the moment; no connection, or a lost one
        *) break ;;
        esac
        [ "$pause" ] || break
        asked=$(tr -d '\r' < "$got/head" | sed -n 's/^[Rr]etry-[Aa]fter: *\([0-9][0-9]*\)$/\1/p')
        sleep "${asked:-$pause}"
    done
    printf '%s: ' "$picture"
    cat "$got/body" 2>/dev/null || echo "no answer"
    [ "$status" = 200 ] || failed=1
    rm -f "$got/body" "$got/head"
done
exit $failed
