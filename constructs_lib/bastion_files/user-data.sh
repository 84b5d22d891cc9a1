#!/bin/bash
# First boot of the bastion: what AWS itself serves, and the scripts that need no more; then moulin seed, whose packages come from elsewhere.
set -euo pipefail
trap 'echo "moulin: the first boot failed at: $BASH_COMMAND" >&2' ERR
dnf install -y mariadb105 jq unzip
install -d -m 755 /opt/moulin
aws s3 cp --region "$MOULIN_REGION" "$MOULIN_TOOLS" /opt/moulin/tools.zip
unzip -oq /opt/moulin/tools.zip -d /opt/moulin
install -m 755 /opt/moulin/bin/* /usr/local/bin/
if ! moulin-install; then
  echo "moulin: moulin seed is not installed, because the step above failed; moulin-mysql and moulin-prepare-source are ready" >&2
fi
