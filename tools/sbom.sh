#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints the installed Debian packages as an SPDX 2.3 document.
# SOURCE_DATE_EPOCH, if set, is the time that it says it was made.
set -eu
packages=$(dpkg-query -W -f '${db:Status-Status} ${Package} ${Version} ${Architecture}\n' |
    sed -n 's/^installed //p' | LC_ALL=C sort)
created=$(date -u -d "@${SOURCE_DATE_EPOCH:-$(date +%s)}" +%Y-%m-%dT%H:%M:%SZ)
# The namespace must differ where the packages differ.
name=ecs-$(printf '%s\n' "$packages" | sha256sum | cut -c1-32)

printf '%s\n' "$packages" | awk -v created="$created" -v name="$name" '
function encoded(text) {
    gsub(/%/, "%25", text); gsub(/\+/, "%2B", text); gsub(/:/, "%3A", text)
    return text
}
BEGIN {
    printf "{\n\"spdxVersion\": \"SPDX-2.3\",\n\"dataLicense\": \"CC0-1.0\",\n"
    printf "\"SPDXID\": \"SPDXRef-DOCUMENT\",\n\"name\": \"ecs\",\n"
    printf "\"documentNamespace\": \"https://spdx.org/spdxdocs/%s\",\n", name
    printf "\"creationInfo\": {\"created\": \"%s\", \"creators\": [\"Tool: sbom.sh\"]},\n", created
    printf "\"packages\": ["
}
{
    id = "SPDXRef-" $1; gsub(/\+/, "-plus", id)
    ids[NR] = id
    printf "%s\n{\"SPDXID\": \"%s\", \"name\": \"%s\", \"versionInfo\": \"%s\", ", \
        (NR > 1 ? "," : ""), id, $1, $2
    printf "\"downloadLocation\": \"NOASSERTION\", \"filesAnalyzed\": false, "
    printf "\"externalRefs\": [{\"referenceCategory\": \"PACKAGE-MANAGER\", "
    printf "\"referenceType\": \"purl\", \"referenceLocator\": \"pkg:deb/debian/%s@%s?arch=%s\"}]}", \
        encoded($1), encoded($2), $3
}
END {
    printf "\n],\n\"relationships\": ["
    for (i = 1; i <= NR; i++)
        printf "%s\n{\"spdxElementId\": \"SPDXRef-DOCUMENT\", \"relationshipType\": \"DESCRIBES\", \"relatedSpdxElement\": \"%s\"}", \
            (i > 1 ? "," : ""), ids[i]
    printf "\n]\n}\n"
}'
