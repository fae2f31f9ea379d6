# SPDX-License-Identifier: Apache-2.0
# The environment of every test: nothing leaves this machine. tests/meson.build sets the same, and so
# does environment() of canary.py.
set -a
. "${BASH_SOURCE[0]%/*}/canary.env"
set +a
export AWS_ENDPOINT_URL=http://127.0.0.1:9 AWS_EC2_METADATA_DISABLED=true AWS_DEFAULT_REGION=us-east-1
export http_proxy=http://127.0.0.1:9 https_proxy=http://127.0.0.1:9 no_proxy=127.0.0.1,localhost
export LC_ALL=C.UTF-8 TZ=UTC PYTHONDONTWRITEBYTECODE=1
unset CHAOS_PYTHON CHAOS_EXTENSION_PATH CHAOS_NATIVE VIRTUAL_ENV 2>/dev/null || true
