#!/bin/bash
# First boot of the bastion: client tools, then moulin with its dependencies pinned by hash.
set -euo pipefail
dnf install -y mariadb105 jq python3.11 python3.11-pip unzip
install -d -m 755 /opt/moulin
aws s3 cp --region "$MOULIN_REGION" "$MOULIN_TOOLS" /opt/moulin/tools.zip
unzip -oq /opt/moulin/tools.zip -d /opt/moulin
python3.11 -m venv /opt/moulin/venv
/opt/moulin/venv/bin/pip install --quiet --require-hashes --requirement /opt/moulin/requirements.txt
install -m 755 /opt/moulin/bin/moulin-mysql /opt/moulin/bin/moulin-prepare-source /usr/local/bin/
cat > /usr/local/bin/moulin <<'MOULIN'
#!/bin/bash
source /etc/moulin.env
cd /opt/moulin && exec venv/bin/python -m scripts.cli "$@"
MOULIN
chmod 755 /usr/local/bin/moulin
